"""The operator's keys in the terminal in which a rollout runs."""

from vla_contract.errors import VlaError
from vla_rollout.episodes.control import Commander, EpisodeControl, Order

KEYS = {
    ' ': Order.START,
    's': Order.SUCCESS,
    'f': Order.FAILURE,
    'd': Order.DISCARD,
    'p': Order.PAUSE,
    'q': Order.STOP,
}
ARMS = {'t': Commander.HUMAN, 'b': Commander.POLICY}
_NAMES = {' ': 'space'}


def keys_line() -> str:
    """Return the line that says what each key does."""
    named = {**KEYS, **{key: who.replace('_', ' ') for key, who in ARMS.items()}}
    return 'keys: ' + ', '.join(f'{_NAMES.get(key, key)} {what}' for key, what in named.items())


def press(control: EpisodeControl, key: str) -> str:
    """Give the order of a key; return what to tell the operator, '' when nothing."""
    try:
        if key in ARMS:
            control.give_arms(ARMS[key])
        elif key in KEYS:
            control.give(KEYS[key])
        else:
            return keys_line()
    except VlaError as error:
        return str(error)
    return ''
