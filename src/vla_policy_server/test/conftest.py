import pytest
from vla_contract.contract import load_contract, RobotContract


@pytest.fixture(scope='session')
def contract() -> RobotContract:
    return load_contract('panda_2f85')
