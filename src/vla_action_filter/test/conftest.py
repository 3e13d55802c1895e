import pytest
from vla_contract.deployment.cell import Cell, load_cell


@pytest.fixture(scope='session')
def cell() -> Cell:
    return load_cell('panda_table')
