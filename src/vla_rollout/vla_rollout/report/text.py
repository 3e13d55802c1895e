"""Texts of results and recordings, as a page and an XML file can show them."""

from collections.abc import Mapping, Sequence
import re
from typing import Any

# What XML 1.0 (section 2.2) leaves out; UTF-8 cannot encode the surrogates among them.
_FORBIDDEN = re.compile('[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')
_LONGEST = 400
_DEEPEST = 6
_MOST = 8


def printable(text: str) -> str:
    r"""Return a text with what neither XML nor UTF-8 can carry written as escapes, e.g. '\x00'."""
    return _FORBIDDEN.sub(lambda found: ascii(found[0])[1:-1], text)


def brief(text: str, longest: int = _LONGEST) -> str:
    """Return a text, or its beginning where it is longer than a reader wants."""
    return text if len(text) <= longest else f'{text[: longest - 1]}…'


def brief_list(texts: Sequence[str]) -> list[str]:
    """Return texts, each brief; of many the first and how many more there are."""
    more = len(texts) - _MOST
    first = [brief(text) for text in texts[:_MOST]]
    return [*first, f'and {more} more'] if more > 0 else first


def brief_values(values: Mapping[str, Any], depth: int = _DEEPEST) -> dict[str, Any]:
    """Return settings for `facts`: lists as one text, all texts brief, nesting bounded."""
    return {brief(name): _brief_value(value, depth) for name, value in values.items()}


def _brief_value(value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        return brief_values(value, depth - 1) if depth else '…'
    if isinstance(value, list):
        return brief(', '.join(brief(str(item)) for item in value[:_LONGEST]))
    return brief(str(value)) if isinstance(value, str | int) else value
