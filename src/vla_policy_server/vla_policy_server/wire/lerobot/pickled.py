"""Read a pickle without running it: its data, and records of the calls that it asks for.

Python's own readers import and call what a pickle names. Here a call is only written down, and
only of names that are expected, so that nothing of the sender's choice is ever run.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
import pickletools
import struct
from typing import Any, BinaryIO

from vla_policy_server.wire.errors import WireError

PERSISTENT = 'persistent id'
"""Name of the call that stands for an object kept beside the pickle."""


@dataclass(eq=False)
class Call:
    """What a pickle wants to be made.

    Attributes:
        name: module and name of the class or function.
        arguments: what it is called with.
        state: what the object is given afterwards, None for nothing.
    """

    name: str
    arguments: Any
    state: Any = None


@dataclass(frozen=True)
class Name:
    """A class or a function that a pickle names; it is not imported."""

    name: str


def read_pickle(stream: BinaryIO, allowed: Collection[str], most_operations: int) -> Any:
    """Return what a pickle holds, as plain values, `Name` and `Call`.

    Args:
        stream: read up to the end of the pickle.
        allowed: names, module and name, that the pickle may use.
        most_operations: length of its program; more is refused.

    Raises:
        WireError: it names something else, does something unknown, or is damaged.
    """
    machine = _Machine(allowed)
    try:
        for count, (operation, argument, _) in enumerate(pickletools.genops(stream)):
            if count >= most_operations:
                raise WireError(f'a pickle of over {most_operations} operations')
            machine.run(operation.name, argument)
        [found] = machine.stack
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, struct.error) as error:
        raise WireError(f'a damaged pickle: {error!s:.80}') from None
    return found


class _Machine:
    """The stack of a pickle's program."""

    def __init__(self, allowed: Collection[str]) -> None:
        self.stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._allowed = allowed

    def run(self, operation: str, argument: Any) -> None:
        if operation in _VALUES:
            self.stack.append(argument)
        elif operation in _CONSTANTS:
            self.stack.append(_CONSTANTS[operation]())
        elif operation in _MADE:
            _MADE[operation](self)
        elif operation in ('BINPUT', 'LONG_BINPUT'):
            self._memo[argument] = self.stack[-1]
        elif operation in ('BINGET', 'LONG_BINGET'):
            self.stack.append(self._memo[argument])
        elif operation == 'GLOBAL':
            self.stack.append(self._named(argument))
        elif operation not in _IGNORED:
            raise WireError(f'a pickle with the operation {operation}')

    def memoize(self) -> None:
        self._memo[len(self._memo)] = self.stack[-1]

    def mark(self) -> None:
        self._below.append(self.stack)
        self.stack = []

    def marked(self) -> list[Any]:
        """Return what was put on the stack since the last mark."""
        found, self.stack = self.stack, self._below.pop()
        return found

    def tuple_marked(self) -> None:
        found = tuple(self.marked())  # first, since it changes which stack is the present one
        self.stack.append(found)

    def take(self, count: int) -> tuple[Any, ...]:
        """Return the last entries of the stack, which is shorter afterwards."""
        found = self.stack[-count:]
        if len(found) < count:
            raise IndexError('the stack is empty')
        del self.stack[-count:]
        return tuple(found)

    def append(self, values: list[Any] | tuple[Any, ...]) -> None:
        if type(self.stack[-1]) is not list:
            raise TypeError('values are appended to what is no list')
        self.stack[-1].extend(values)

    def set_items(self, values: list[Any] | tuple[Any, ...]) -> None:
        keys = values[::2]
        # Texts alone: the hash of a deeply nested key would overflow the stack.
        if type(self.stack[-1]) is not dict or any(type(key) is not str for key in keys):
            raise TypeError('a key is no text')
        self.stack[-1].update(zip(keys, values[1::2], strict=True))

    def name(self) -> None:
        module, name = self.take(2)
        self.stack.append(self._named(f'{module!s:.80} {name!s:.80}'))

    def call(self) -> None:
        called, arguments = self.take(2)
        if not isinstance(called, Name):
            raise TypeError('what is called has no name')
        self.stack.append(Call(called.name, arguments))

    def give_state(self) -> None:
        [state] = self.take(1)
        if not isinstance(self.stack[-1], Call):
            raise TypeError('state for what was not made')
        self.stack[-1].state = state

    def _named(self, name: str) -> Name:
        if name not in self._allowed:
            raise WireError(
                f'a pickle that names {name.replace(" ", "."):.160}; allowed: '
                f'{", ".join(sorted(known.replace(" ", ".") for known in self._allowed))}'
            )
        return Name(name)


_IGNORED = ('PROTO', 'FRAME', 'STOP')
_VALUES = (
    'BININT',
    'BININT1',
    'BININT2',
    'LONG1',
    'BINFLOAT',
    'BINUNICODE',
    'SHORT_BINUNICODE',
    'BINBYTES',
    'SHORT_BINBYTES',
)
_CONSTANTS: dict[str, Callable[[], Any]] = {
    'NONE': lambda: None,
    'NEWTRUE': lambda: True,
    'NEWFALSE': lambda: False,
    'EMPTY_LIST': list,
    'EMPTY_TUPLE': tuple,
    'EMPTY_DICT': dict,
}
_MADE: dict[str, Callable[[_Machine], None]] = {
    'MARK': _Machine.mark,
    'MEMOIZE': _Machine.memoize,
    'TUPLE': _Machine.tuple_marked,
    'TUPLE1': lambda machine: machine.stack.append(machine.take(1)),
    'TUPLE2': lambda machine: machine.stack.append(machine.take(2)),
    'TUPLE3': lambda machine: machine.stack.append(machine.take(3)),
    'APPEND': lambda machine: machine.append(machine.take(1)),
    'APPENDS': lambda machine: machine.append(machine.marked()),
    'SETITEM': lambda machine: machine.set_items(machine.take(2)),
    'SETITEMS': lambda machine: machine.set_items(machine.marked()),
    'STACK_GLOBAL': _Machine.name,
    'NEWOBJ': _Machine.call,
    'REDUCE': _Machine.call,
    'BUILD': _Machine.give_state,
    'BINPERSID': lambda machine: machine.stack.append(Call(PERSISTENT, machine.take(1)[0])),
}
