import json

import pytest
from vla_contract.errors import VlaError
from vla_rollout.simulation.ray_pool import ray_pool

ray = pytest.importorskip('ray')


@pytest.fixture(scope='module')
def cluster():
    from ray.cluster_utils import Cluster

    cluster = Cluster(head_node_args={'num_cpus': 2, 'include_dashboard': False})
    yield cluster.address
    cluster.shutdown()


def test_a_sweep_on_two_ray_workers_gives_what_one_process_gives(cluster, tmp_path):

    from vla_rollout.simulation.simulate import main

    results = []
    for name, where in (('local', ['--workers', '1']), ('ray', ['--ray', cluster])):
        path = tmp_path / f'{name}.json'
        common = ['--backend', 'scripted', '--episodes', '2']
        domains = ['--sweep', 'none', 'tutorial:object_mass']
        runs = ['--runs', str(tmp_path), '--json', str(path)]
        assert main([*common, *domains, *where, *runs]) == 0
        found = json.loads(path.read_text())
        del found['settings']['origin']['date']
        results.append(found)
    assert results[0] == results[1]
    assert results[0]['rows'][0]['successes'] == 2


def test_no_cluster_is_one_sentence():
    with pytest.raises(VlaError, match='no Ray cluster answers'), ray_pool('127.0.0.1:1'):
        pass
