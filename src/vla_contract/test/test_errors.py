"""Errors survive a process boundary, whatever they are made from."""

from concurrent.futures import ProcessPoolExecutor
import inspect
from multiprocessing import get_context
import pickle
from unittest.mock import MagicMock

import pytest
from vla_contract.errors import nearest, ResourceNotFoundError, UnknownNameError, VlaError


def subclasses(kind: type[VlaError]) -> list[type[VlaError]]:
    return [kind, *(deep for direct in kind.__subclasses__() for deep in subclasses(direct))]


def made(kind: type[VlaError]) -> VlaError:
    """Make one from the names of its arguments; an Exception itself takes any."""
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    names = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD] or ['text']
    try:
        return kind(*names)
    except AttributeError:  # it is made from an object, a node for example
        return kind(*(MagicMock() for _ in names))


@pytest.mark.parametrize('kind', subclasses(VlaError), ids=lambda kind: kind.__name__)
def test_every_error_is_the_same_behind_pickle(kind):
    error = made(kind)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def fail() -> None:
    raise UnknownNameError('camera', 'wirst', 'panda', ['top', 'wrist'])


def test_a_worker_process_raises_it_to_who_waits():
    with (
        ProcessPoolExecutor(1, get_context('spawn')) as pool,
        pytest.raises(UnknownNameError, match="camera 'wirst' is not in panda") as raised,
    ):
        pool.submit(fail).result()
    assert raised.value.name == 'wirst'


def test_the_nearest_name_comes_first():
    assert nearest('wirst', ['top', 'wrist']) == 'did you mean wrist? it has: top, wrist'
    assert nearest('x', []) == 'it has: none'
    assert 'did you mean' not in nearest('base', ['top', 'wrist'])


def test_attributes_stay(tmp_path):
    error = pickle.loads(pickle.dumps(ResourceNotFoundError('model', tmp_path, 'download it')))
    assert error.path == tmp_path
