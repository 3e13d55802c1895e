from collections.abc import Callable
from pathlib import Path

import pytest
from vla_contract.deployment.deployment import Deployment, load_deployment

HEAD = 'schema: 1\nname: own\nrate_hz: 10.0\nbackend: hold\n'


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Deployment]:
    """Return a function that loads a deployment whose policy file says some lines more."""

    def load(says: str = '', cell: str = 'vx300s_table') -> Deployment:
        path = tmp_path / 'own.yaml'
        path.write_text(HEAD + says)
        return load_deployment(cell=cell, policy=str(path))

    return load
