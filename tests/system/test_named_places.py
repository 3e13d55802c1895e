"""Modules and pages that a text of the sources names are there."""

import re

from package_facts import ROOT

SOURCES = sorted((ROOT / 'src').glob('vla_*/vla_*/**/*.py'))
NAME = re.compile(r'\bvla_[a-z]+(?:\.[a-z_0-9]+)+')


def modules() -> dict[str, str]:
    """Return the text of every module by its dotted name."""
    found = {}
    for path in SOURCES:
        name = '.'.join(path.relative_to(ROOT / 'src').parts[1:])
        found[name.removesuffix('.py').removesuffix('.__init__')] = path.read_text()
    return found


def test_a_module_that_is_named_exists():
    known = modules()
    folders = {name.rpartition('.')[0] for name in known}
    files = ('.jsonl', '.yaml', '.json', '.repos', '.md', '.py')

    def exists(name: str) -> bool:
        owner, _, member = name.rpartition('.')
        is_member = re.search(rf'\b{member}\b', known.get(owner, ''))
        return name in known or name in folders or bool(is_member)

    wrong = [
        f'{name}: {said}'
        for name, text in known.items()
        for said in NAME.findall(text)
        if not said.endswith(files) and not exists(said)
    ]
    assert not wrong


def test_no_page_is_cited_that_is_not_here():
    assert not [name for name, text in modules().items() if 'research/' in text]
