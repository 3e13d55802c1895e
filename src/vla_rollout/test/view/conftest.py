from pathlib import Path
import sys

import pytest

# A recording of the real filter is made as the tests of recordings make it.
sys.path.append(str(Path(__file__).parent.parent / 'recording'))

from filter_run import takeover_run, write_takeover


@pytest.fixture(scope='session')
def takeover():
    """A run in which a hand takes over from the policy and gives back."""
    return takeover_run()


@pytest.fixture(scope='session')
def recording(takeover, tmp_path_factory):
    """Its recording."""
    return write_takeover(takeover, tmp_path_factory.mktemp('takeover'))
