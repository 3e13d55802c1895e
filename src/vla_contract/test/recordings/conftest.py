from pathlib import Path

from episode_messages import episode
import pytest
from vla_contract.deployment.cell import Cell, load_cell
from vla_contract.recordings.testing import write_recording


@pytest.fixture(scope='session')
def cell() -> Cell:
    return load_cell('panda_table')


@pytest.fixture
def recording(cell, tmp_path) -> Path:
    path = tmp_path / 'episode.mcap'
    write_recording(path, episode(cell, '/robot'), metadata={'vla': {'outcome': 'success'}})
    return path
