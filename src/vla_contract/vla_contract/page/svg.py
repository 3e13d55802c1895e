"""A matplotlib figure as SVG inside a page, in the colours of the page, light or dark."""

from hashlib import sha256
import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, QUIET, GOOD, BAD, REMARK = '#283240', '#5d6771', '#1e7a34', '#c22727', '#8a5a00'
BAND, FIRST, SECOND = '#b9c6d6', '#d08a2e', '#2b6cb0'
"""Colours to draw with: a page replaces each by its own, in a dark one too."""

_VARIABLES = {
    INK: 'text', QUIET: 'quiet', GOOD: 'good', BAD: 'bad', REMARK: 'remark', BAND: 'band',
    FIRST: 'first', SECOND: 'second',
    # What matplotlib draws axes and grids with.
    '#000000': 'text', '#b0b0b0': 'quiet',
}  # fmt: skip
_PARAMETERS = {'svg.fonttype': 'none', 'svg.hashsalt': 'drawing', 'path.simplify_threshold': 0.4}
# Its style would hold for the whole page; names of groups stand on a page many times.
_DROPPED = re.compile(
    r'<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>| id="[A-Za-z]\w*_\d+"'
    # The page has a font; a text that is not turned has no need to say so.
    r'|font-family: [^;"]*;? ?| transform="rotate\(-0 [^"]*"',
    re.DOTALL,
)
_COORDINATES = re.compile(r' (?:d|x|y|transform)="[^"]*"')
_LONG = re.compile(r'(\d\.\d)\d+')
_TEXT = re.compile(r'(<text[^>]*>)([^<]*)')
_NAMED = re.compile(r'(id="|url\(#|href="#)')
_SIZE = re.compile(r'<svg [^>]*?viewBox="0 0 (\S+) (\S+)"[^>]*>')
# A point of a figure is this many pixels of a screen that has room for it.
_WIDEST = 1.6


def svg_of(figure: 'Figure') -> str:
    """Return a figure as an SVG element whose text is text and whose colours are the page's.

    Args:
        figure: drawn with the colours of this module.
    """
    import matplotlib as mpl

    stream = io.StringIO()
    with mpl.rc_context(_PARAMETERS):
        figure.savefig(stream, format='svg', transparent=True, metadata={'Date': None})
    text = stream.getvalue()
    text = _DROPPED.sub('', text[text.index('<svg') :])
    text = _COORDINATES.sub(lambda found: _LONG.sub(r'\1', found[0]), text)
    # As the rest of a page: no quote of a name is a quote of the markup.
    text = _TEXT.sub(lambda found: found[1] + _unquoted(found[2]), text)
    for colour, name in _VARIABLES.items():
        text = text.replace(colour, f'var(--{name})')
    # Two drawings of a page must not share a clip path: one may be folded away.
    prefix = sha256(text.encode()).hexdigest()[:8]
    text = _NAMED.sub(rf'\g<1>d{prefix}', text)
    text = _SIZE.sub(_opened, text, count=1)
    return re.sub(r'\s*\n\s*', '\n', text).strip()


def _opened(found: 're.Match[str]') -> str:
    width, height = found[1], found[2]
    widest = float(width) * _WIDEST
    return f'<svg viewBox="0 0 {width} {height}" style="max-width: {widest:.0f}px">'


def _unquoted(text: str) -> str:
    return text.replace("'", '&#x27;').replace('"', '&quot;')
