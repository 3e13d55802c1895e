"""The error tree of the workspace, and its policy.

Loading and configuring raise one of these, loudly, before anything moves. In the control path
nothing raises: components return a value that carries a verdict and its reasons. Every message
says what was wrong, which name it concerns, what was found and what is allowed.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the question after the known name that was probably meant, '' without one."""
    names = sorted(known)
    meant = get_close_matches(name.lower(), names, 1) or get_close_matches(name, names, 1)
    return f'did you mean {meant[0]}?' if meant else ''


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known names for an error message, after the one that was probably meant."""
    names = sorted(known)
    listed = f'it has: {", ".join(names) or "none"}'
    return f'{did_you_mean(name, names)} {listed}'.lstrip()


class VlaError(Exception):
    """Base of every error a user of the workspace can cause and cure."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive a process boundary, whatever arguments a subclass is made from."""
        return _again, (type(self), self.args), self.__dict__


def _again(kind: type[VlaError], args: tuple[Any, ...]) -> VlaError:
    error = kind.__new__(kind)
    error.args = args
    return error


class ContractError(VlaError):
    """The cell or another configuration file is invalid."""


class SettingError(ContractError):
    """One value of a configuration is missing, unknown, of the wrong type or out of range.

    Attributes:
        where: file or parameter prefix in which the value stands.
        name: dotted name of the value.
    """

    def __init__(self, where: str, name: str, found: str, allowed: str) -> None:
        super().__init__(f'{where}: {name}: found {found}; allowed: {allowed}')
        self.where = where
        self.name = name


class UnknownNameError(ContractError):
    """A name was asked for that does not exist; the message lists those that do."""

    def __init__(self, kind: str, name: str, owner: str, known: Iterable[str]) -> None:
        super().__init__(f"{kind} '{name}' is not in {owner}; {nearest(name, known)}")
        self.name = name


class NameMismatchError(ContractError):
    """Two sets of names that must agree do not."""

    def __init__(self, what: str, expected: Iterable[str], found: Iterable[str]) -> None:
        expected, found = list(expected), list(found)
        missing = [n for n in expected if n not in found]
        extra = [n for n in found if n not in expected]
        double = sorted({n for n in found if found.count(n) > 1})
        parts = [
            f'{label} {", ".join(names)}'
            for label, names in (('missing', missing), ('unknown', extra), ('repeated', double))
            if names
        ]
        problem = '; '.join(parts) or f'in another order: {", ".join(found)}'
        super().__init__(f'{what}: {problem} (expected: {", ".join(expected)})')
        self.missing = missing
        self.extra = extra


class ResourceNotFoundError(VlaError):
    """A file, model or package that was named does not exist."""

    def __init__(self, what: str, path: Path | str, cure: str) -> None:
        super().__init__(f'{what} not found: {path}; {cure}')
        self.path = Path(path)


class PolicyError(VlaError):
    """A policy cannot be loaded, or does not fit the cell."""


class PolicyMismatchError(PolicyError):
    """A policy loads, but was trained for something else than the cell describes."""


class SimError(VlaError):
    """The simulator cannot be built or cannot render."""
