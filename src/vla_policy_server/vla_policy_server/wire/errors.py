"""What can go wrong between a robot and its policy; every message is one sentence."""

from vla_contract.errors import VlaError


class WireError(VlaError):
    """A message, a connection or an answer cannot be used."""


class MessageRefusedError(WireError):
    """The other side sent something that is not allowed; the connection goes on."""


class UnreachableError(WireError):
    """There is no server at present; one may come."""


_TRACEBACK = 'Traceback (most recent call last):'


def is_traceback(text: str) -> bool:
    """Whether a text tells of an exception, as openpi's server sends it."""
    return _TRACEBACK in text


def reason_in(text: str) -> str:
    """Return why a server refused, in one line: of a traceback, the exception and its message."""
    lines = text.strip().splitlines() or ['without a reason']
    if not is_traceback(text):
        return lines[-1].strip()
    begins = max(i for i, line in enumerate(lines) if _TRACEBACK in line)
    after = [i for i in range(begins + 1, len(lines)) if lines[i] and not lines[i][0].isspace()]
    said = lines[after[0] :] if after else lines[-1:]
    return ' '.join(line.strip() for line in said if line.strip())
