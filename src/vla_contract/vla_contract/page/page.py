"""What the reports share: a page in one file, with its verdict, tables and pictures."""

import base64
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
import re
from typing import Any

from vla_contract.whole_file import write_whole

_STYLE = """
:root { color-scheme: light dark; --text: #283240; --page: #fff; --quiet: #5d6771; --line: #e4e7eb;
        --good: #1e7a34; --bad: #c22727; --remark: #8a5a00; --band: #b9c6d6; --first: #b56d12;
        --second: #2b6cb0; --raised: #f5f7f9 }
@media (prefers-color-scheme: dark) { :root { --text: #dde3ea; --page: #14181d; --quiet: #9aa5b1;
        --line: #323a44; --good: #5fc97a; --bad: #ff8078; --remark: #e8b04a; --band: #3b4a5c;
        --first: #e8a552; --second: #7ab2ee; --raised: #1c2229 } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page);
       max-width: 1080px; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.5em } h2 { font-size: 1.15em; margin-top: 2em } h3 { font-size: 1em }
.table { overflow-x: auto } .table, .stacked { margin: 1em 0 } table { border-collapse: collapse }
ul { overflow-wrap: anywhere }
td, th { padding: .2em .9em .2em 0; text-align: left; border-bottom: 1px solid var(--line);
       font-variant-numeric: tabular-nums; vertical-align: top }
.yes { color: var(--good) } .no { color: var(--bad); font-weight: 600 }
.remark { color: var(--remark) }
figure { margin: 1em 0 } img { max-width: 100%; background: #fff }
figcaption { color: var(--quiet); font-size: .92em }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1em }
.pair img { border: 1px solid var(--line) } a { color: inherit }
figure svg { display: block; width: 100%; height: auto; fill: var(--text);
       font-family: system-ui, sans-serif }
figure svg * { stroke-linejoin: round; stroke-linecap: butt }
video { max-width: 100% } summary { cursor: pointer } details { margin: .4em 0 }
@media (max-width: 700px) { .pair { display: block }
  .stacked, .stacked tbody { display: block } .stacked tr:first-child { display: none }
  .stacked tr { display: flex; flex-wrap: wrap; gap: 0 1em; padding: .4em 0;
      border-bottom: 1px solid var(--line) }
  .stacked td { border: 0; padding: 0; overflow-wrap: anywhere }
  .stacked td[data-head]::before { content: attr(data-head) ": "; color: var(--quiet) }
  .stacked td:empty { display: none } }
@media print { details { break-inside: avoid } body { margin: 0; max-width: none } }
"""

_TABLE = 'class="table" role="region" aria-label="'


class Html(str):
    """Text that is HTML already; every other string is escaped."""

    __slots__ = ()


Entry = str | float | int


def write_page(path: Path, title: str, body: Iterable[str], style: str = '') -> None:
    """Write the page; pictures are inside it.

    Args:
        path: file to write, replaced where it exists.
        title: heading, and name of the browser's tab.
        body: what follows the heading, HTML.
        style: more of it, CSS, for what only this page has.
    """
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><style>{_STYLE}{style}</style>\n'
        f'<main>\n<h1>{escape(title)}</h1>\n'
    )
    write_whole(path, page + _told_apart('\n'.join(body)) + '\n</main>\n</html>\n')


def _told_apart(body: str) -> str:
    """Return a body in which no two tables have one name: screen readers list them."""
    seen = Counter[str]()

    def numbered(found: re.Match[str]) -> str:
        seen[found[1]] += 1
        count = seen[found[1]]
        return found[0] if count == 1 else f'{_TABLE}{found[1]}, {count}"'

    return re.sub(rf'{_TABLE}([^"]*)"', numbered, body)


def verdict(is_accepted: bool, notes: Iterable[str]) -> Html:
    """Say whether every gate holds, and what else is to be said."""
    text = 'accepted: every gate holds' if is_accepted else 'not accepted'
    items = ''.join(f'<li>{escape(note)}</li>' for note in notes)
    return Html(f'<p>{mark(text, is_accepted)}</p>' + (f'<ul>{items}</ul>' if items else ''))


def mark(text: str, is_good: bool | None) -> Html:
    """Colour a word: good, not good, or None for a remark."""
    kind = {True: 'yes', False: 'no', None: 'remark'}[is_good]
    return Html(f'<span class="{kind}">{escape(text)}</span>')


def table(heads: Sequence[str], rows: Sequence[Sequence[Entry]]) -> Html:
    """Return a table that scrolls sideways on a narrow screen; fractions get three digits."""
    if not rows:
        return Html('<p>none</p>')
    head = ''.join(f'<th scope="col">{escape(h)}</th>' if h else '<td></td>' for h in heads)
    head = f'<tr>{head}</tr>' if any(heads) else ''
    lines = [''.join(f'<td>{_cell(cell)}</td>' for cell in row) for row in rows]
    body = ''.join(f'<tr>{line}</tr>' for line in lines)
    name = escape(', '.join(filter(None, heads)) or 'facts')
    scrolled = f'<div {_TABLE}{name}" tabindex="0">'
    return Html(f'{scrolled}<table>{head}{body}</table></div>')


def stacked_table(heads: Sequence[str], rows: Sequence[Sequence[Entry]]) -> Html:
    """Return a table whose rows a narrow screen shows as blocks, each value with its head."""
    if not rows:
        return table(heads, rows)
    head = ''.join(f'<th scope="col">{escape(h)}</th>' if h else '<td></td>' for h in heads)
    lines = [''.join(map(_named_cell, heads, row)) for row in rows]
    body = ''.join(f'<tr>{line}</tr>' for line in lines)
    return Html(f'<table class="stacked"><tr>{head}</tr>{body}</table>')


def _named_cell(head: str, cell: Entry) -> str:
    named = f' data-head="{escape(head)}"' if head else ''
    # On a narrow screen a head without a value only takes room.
    return f'<td{named}>{_cell(cell)}</td>' if cell != '' else '<td></td>'


def facts(values: Mapping[str, Any]) -> Html:
    """Return names and values as a table: nested names with a dot, what is empty left out."""
    return table(('', ''), list(_dotted(values)))


def _dotted(values: Mapping[str, Any], prefix: str = '') -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _dotted(value, f'{prefix}{name}.')
        elif value not in ('', None):
            yield f'{prefix}{name}', str(value)


def figure(picture: bytes, caption: str, kind: str = 'png') -> Html:
    """Return a picture, an encoded image of this kind, with its caption."""
    data, text = base64.b64encode(picture).decode('ascii'), escape(caption)
    return Html(
        f'<figure><img src="data:image/{kind};base64,{data}" alt="{text}">'
        f'<figcaption>{text}</figcaption></figure>'
    )


def drawing(svg: str, caption: str) -> Html:
    """Return an SVG element with its caption, in the colours of the page."""
    text = escape(caption)
    named = svg.replace('<svg ', f'<svg role="img" aria-label="{text}" ', 1)
    return Html(f'<figure>{named}<figcaption>{text}</figcaption></figure>')


def pair(figures: Iterable[str]) -> Html:
    """Return figures two in a row."""
    return Html(f'<div class="pair">{"".join(figures)}</div>')


def _cell(cell: Entry) -> str:
    if isinstance(cell, Html):
        return cell
    return escape(f'{cell:.3f}' if isinstance(cell, float) else str(cell))
