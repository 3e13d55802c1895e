"""Hooks of mkdocs: pages that are written from the sources, and links that leave docs/.

The pages in docs/ are read on a disk too, so their links to files beside them are kept as they
are there, and turned into those of the site here.
"""

from pathlib import Path
import posixpath
import re
import sys
from typing import Any

sys.path += [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

from api_pages import api_pages
from commands_page import commands_page
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from package_facts import PACKAGES, ROOT

# Pages that stand elsewhere than in docs/, by their name in the site.
PROJECT = {
    f'project/{name.lower()}.md': f'{name}.md'
    for name in ('CHANGELOG', 'CONTRIBUTING', 'SECURITY')
}
MOVED = PROJECT | {f'reference/{name}.md': f'src/{name}/README.md' for name in PACKAGES}
_LINK = re.compile(r'(\]\()([^)\s#]+)(#[^)\s]*)?(\))')


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are written from the sources."""
    pages = {name: (ROOT / source).read_text() for name, source in MOVED.items()}
    pages['reference/commands.md'] = commands_page()
    pages |= {f'reference/{name}.md': text for name, text in api_pages()}
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    for name in _linked_files(files):
        source = str(ROOT / name)
        files.append(File.generated(config, f'files/{name}', abs_src_path=source))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links to files beside docs/ into those of the site."""
    uri = page.file.src_uri
    return _LINK.sub(lambda link: _relinked(link, uri), markdown)


def _linked_files(files: Files) -> set[str]:
    """Return the files outside docs/ that pages link to and that are no pages themselves."""
    found = set()
    for file in files.documentation_pages():
        for link in _LINK.finditer(file.content_string):
            name = _in_workspace(link[2], file.src_uri)
            is_page = name.startswith('docs/') or name in MOVED.values()
            if name and not is_page and (ROOT / name).is_file():
                found.add(name)
    return found


def _relinked(link: re.Match[str], uri: str) -> str:
    name = _in_workspace(link[2], uri)
    if not name:
        return link[0]
    places = {source: page for page, source in MOVED.items()}
    docs = name.removeprefix('docs/') if name.startswith('docs/') else ''
    place = docs or places.get(name, f'files/{name}')
    to = posixpath.relpath(place, posixpath.dirname(uri) or '.')
    return f'{link[1]}{to}{link[3] or ""}{link[4]}'


def _in_workspace(link: str, uri: str) -> str:
    """Return what a link leads to, from the workspace's root; '' in docs/ and on the web."""
    if '://' in link or link.startswith(('mailto:', '/')):
        return ''
    source = MOVED.get(uri, f'docs/{uri}')
    name = posixpath.normpath(posixpath.join(posixpath.dirname(source), link))
    return '' if source.startswith('docs/') and name.startswith('docs/') else name
