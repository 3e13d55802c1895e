"""The operator's keys in the terminal in which a rollout runs."""

from vla_contract.errors import VlaError
from vla_rollout.episodes.control import EpisodeControl, Order

KEYS = {
    ' ': Order.START,
    's': Order.SUCCESS,
    'f': Order.FAILURE,
    'd': Order.DISCARD,
    'p': Order.PAUSE,
    'q': Order.STOP,
}
_NAMES = {' ': 'space'}


def keys_line() -> str:
    """Return the line that says what each key does."""
    return 'keys: ' + ', '.join(f'{_NAMES.get(key, key)} {order}' for key, order in KEYS.items())


def press(control: EpisodeControl, key: str) -> str:
    """Give the order of a key; return what to tell the operator, '' when nothing."""
    if key not in KEYS:
        return keys_line()
    try:
        control.give(KEYS[key])
    except VlaError as error:
        return str(error)
    return ''
