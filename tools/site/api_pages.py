"""A page of the API for every folder of modules; mkdocstrings reads their docstrings."""

from collections.abc import Iterator
from pathlib import Path

from package_facts import PACKAGES, ROOT


def api_pages() -> Iterator[tuple[str, str]]:
    """Yield name and Markdown of every page, first the one that lists them."""
    yield 'api', _contents()
    for folder in _folders():
        dotted = '.'.join(folder)
        yield (
            f'api/{dotted}',
            '\n\n'.join([f'# {dotted}', *map(_directive, modules_of(folder))]) + '\n',
        )


def modules_of(folder: tuple[str, ...]) -> list[str]:
    """Return the dotted names of the modules in a folder, the folder itself first."""
    path, dotted = _path(folder), '.'.join(folder)
    names = sorted(file.stem for file in path.glob('*.py') if file.stem != '__init__')
    return [dotted, *(f'{dotted}.{name}' for name in names)]


def _folders() -> list[tuple[str, ...]]:
    """Return every folder of modules as the parts of its dotted name, in their order."""
    found = []
    for package in PACKAGES:
        root = ROOT / 'src' / package / package
        files = [root / '__init__.py', *root.rglob('*/__init__.py')]
        found += [(package, *file.parent.relative_to(root).parts) for file in files]
    return sorted(folder for folder in found if (_path(folder) / '__init__.py').is_file())


def _path(folder: tuple[str, ...]) -> Path:
    return ROOT.joinpath('src', folder[0], *folder)


def _contents() -> str:
    rows = [f'- [{".".join(folder)}](api/{".".join(folder)}.md)' for folder in _folders()]
    return '\n'.join(
        ['# API', '', 'Every folder of modules, with what its files offer.', '', *rows]
    )


def _directive(module: str) -> str:
    return f'::: {module}'
