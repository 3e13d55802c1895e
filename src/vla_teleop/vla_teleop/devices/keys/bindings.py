"""Which key moves what, and how long a key counts that the terminal has repeated."""

from dataclasses import dataclass

from vla_teleop.devices.reading import Deflection, Press, Triple

# Axis 0 to 2 is along x, y, z of the base (forward, left, up), 3 to 5 about them.
_MOVES = {
    'w': (0, 1.0, 'forward'),
    's': (0, -1.0, 'back'),
    'a': (1, 1.0, 'left'),
    'd': (1, -1.0, 'right'),
    'r': (2, 1.0, 'up'),
    'f': (2, -1.0, 'down'),
    'u': (3, 1.0, 'roll +'),
    'o': (3, -1.0, 'roll -'),
    'i': (4, 1.0, 'pitch +'),
    'k': (4, -1.0, 'pitch -'),
    'j': (5, 1.0, 'yaw +'),
    'l': (5, -1.0, 'yaw -'),
}
_GRIPPER = {'n': (-1.0, 'close'), 'm': (1.0, 'open')}
_PRESSES = {'t': Press.TAKE_OVER, 'b': Press.HAND_BACK}


def keys_line() -> str:
    """Return the line that says what each key does."""
    said = [f'{key} {word}' for key, (_, _, word) in _MOVES.items()]
    said += [f'{key} {word}' for key, (_, word) in _GRIPPER.items()]
    said += [f'{key} {press.replace("_", " ")}' for key, press in _PRESSES.items()]
    return 'keys, held down: ' + ', '.join(said)


@dataclass(frozen=True)
class Held:
    """What the keys say that are held at a time.

    Attributes:
        deflection: of the tool.
        gripper: -1 closing to 1 opening.
        is_any: whether one is held that moves something.
    """

    deflection: Deflection
    gripper: float
    is_any: bool


class HeldKeys:
    """Keys that a terminal repeats while they are held.

    A terminal says nothing when a key is let go: one counts for a time after it came, longer than
    the pause between two repetitions. Whoever lets go, or loses the connection, moves nothing more
    after that: the key is the dead-man's switch.
    """

    def __init__(self, hold_ns: int) -> None:
        """Hold no key; each counts for `hold_ns` after it came [ns]."""
        self._hold_ns = hold_ns
        self._came_ns: dict[str, int] = {}
        self._presses: set[Press] = set()

    def press(self, key: str, now_ns: int) -> bool:
        """Take a key; return whether it means something."""
        key = key.lower()
        if key in _PRESSES:
            self._presses.add(_PRESSES[key])
        elif key in _MOVES or key in _GRIPPER:
            self._came_ns[key] = now_ns
        else:
            return False
        return True

    def held(self, now_ns: int) -> Held:
        """Return what is held at a time [ns]."""
        keys = [key for key, came in self._came_ns.items() if 0 <= now_ns - came <= self._hold_ns]
        axes = [0.0] * 6
        for key in keys:
            if key in _MOVES:
                axis, sign, _ = _MOVES[key]
                axes[axis] += sign
        gripper = sum(_GRIPPER[key][0] for key in keys if key in _GRIPPER)
        linear: Triple = (axes[0], axes[1], axes[2])
        angular: Triple = (axes[3], axes[4], axes[5])
        return Held(Deflection(linear, angular), gripper, bool(keys))

    def take_presses(self) -> frozenset[Press]:
        """Return the buttons that were pressed since the last time."""
        presses, self._presses = frozenset(self._presses), set()
        return presses
