from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
import os
from pathlib import Path

import numpy as np
from openpi_client.websocket_client_policy import WebsocketClientPolicy
from policy_changes import with_policy
import pytest
from vla_contract.errors import PolicyError
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.worker.policy_service import PolicyService
from vla_policy_server.worker.ray_fleet import FleetEngine, FleetSettings, LOCAL

ray = pytest.importorskip('ray')
pytest.importorskip('ray.serve')


@pytest.fixture(scope='module')
def cluster() -> Iterator[None]:
    """Run a Ray on this machine whose processes find this folder."""
    here = str(Path(__file__).parents[1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('PYTHONPATH', here + os.pathsep + os.environ.get('PYTHONPATH', ''))
        patch.setenv('RAY_DISABLE_IMPORT_WARNING', '1')
        ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False, logging_level='error')
        yield
        ray.shutdown()


@pytest.mark.usefixtures('cluster')
def test_two_replicas_answer_many_robots_each_its_own(serve, deployment):
    load = partial(make_policy, with_policy(deployment, backend='echo_policy:make'), 'cpu')
    engine = FleetEngine(load, FleetSettings(LOCAL, 2, 2))
    server = serve(PolicyService(deployment, engine))

    def robot(number: int) -> set[float]:
        client = WebsocketClientPolicy('127.0.0.1', server.port)
        processes = set()
        for k in range(10):
            state = np.full(8, 100.0 * number + k)
            echo, process = client.infer({'observation.state': state})['actions']
            assert (echo == state).all()
            processes.add(process[0])
        return processes

    with ThreadPoolExecutor(8) as pool:
        processes = set().union(*pool.map(robot, range(8)))
    assert len(processes) == 2
    assert os.getpid() not in processes
    engine.close()


@pytest.mark.usefixtures('cluster')
def test_a_policy_with_a_memory_is_refused(deployment):
    load = partial(make_policy, with_policy(deployment, backend='hold'), 'cpu')
    with pytest.raises(PolicyError, match='HoldPolicy remembers the episode'):
        FleetEngine(load, FleetSettings(LOCAL))
