"""The pages that are written for readers, and every command that stands in them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from documents.shell_blocks import commands_of_page
from package_facts import ROOT

PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *sorted((ROOT / 'docs').rglob('*.md'))]
PAGES += sorted(ROOT.glob('models/*/README.md'))


def named_pages(names: Sequence[str]) -> list[Path]:
    """Return the pages of some paths below the workspace, all of them for none.

    Raises:
        ValueError: there is no such page.
    """
    pages = [page for page in PAGES if not names or str(page.relative_to(ROOT)) in names]
    if len(pages) < len(names):
        known = ', '.join(str(page.relative_to(ROOT)) for page in PAGES)
        raise ValueError(f'PAGES: found {" ".join(names)}; allowed: {known}')
    return pages


def commands_of(pages: Iterable[Path]) -> list[str]:
    """Return the commands of some pages, each once."""
    return sorted({command for page in pages for command in commands_of_page(page)})


COMMANDS = commands_of(PAGES)
