import json

import numpy as np
import pytest
from run_rows import episode, manifest, write_run
from scipy.stats import fisher_exact
from vla_rollout.report.report_runs import main
from vla_rollout.statistics.failure_clusters import failure_clusters
from vla_rollout.statistics.fisher import fisher_p


def drawn(seed, rng, **more):
    """Return the manifest of a scene in other light, and of what else is drawn."""
    values = {
        name: {'value': float(rng.uniform()), 'unit': 'm'} for name in ('cube_x', 'cube_y', 'z')
    }
    terms = {'light_intensity': {'value': float(rng.uniform(0.3, 1.5)), 'unit': ''}}
    randomization = {'name': 'tutorial', 'sha256': 'b' * 64, 'values': terms | more}
    return manifest(seed, values=values, randomization=randomization)


def rows_of(folder, fails, count=60, rng=None):
    rng = rng or np.random.default_rng(3)
    rows = []
    for seed in range(count):
        scene = drawn(seed, rng)
        light = scene['randomization']['values']['light_intensity']['value']
        is_bad = fails(light, rng)
        more = {'failure_cause': 'empty_grasp'} if is_bad else {}
        mode = 'grasp failure' if is_bad else None
        rows.append(episode(seed, not is_bad, mode, manifest=scene, **more))
    return write_run(folder, rows)


@pytest.mark.parametrize('table', [(9, 11, 8, 60), (0, 5, 3, 9), (4, 4, 0, 4), (2, 30, 2, 30)])
def test_the_test_is_that_of_scipy(table):
    hits, marked, other, others = table
    cells = [[hits, marked - hits], [other, others - other]]
    assert fisher_p(*table) == pytest.approx(fisher_exact(cells, 'greater').pvalue)


def test_failures_in_the_dark_are_told_with_the_light(tmp_path):
    run = rows_of(tmp_path / 'dark', lambda light, rng: light < 0.55 and rng.uniform() < 0.9)
    [cluster] = failure_clusters(run.answered)
    assert (cluster.mode, cluster.cause) == ('grasp failure', 'empty_grasp')
    assert (cluster.common.name, cluster.common.side) == ('light_intensity', 'below')
    assert cluster.common.p_value < 0.05
    failures = len(cluster.seeds)
    assert cluster.sentence.startswith(f'{cluster.common.failures} of {failures} with light_inte')
    assert f'of {60 - failures} successes' in cluster.sentence


def test_failures_that_have_nothing_to_do_with_the_scene_are_told_without(tmp_path):
    rng = np.random.default_rng(4)
    told = 0
    for k in range(40):
        run = rows_of(tmp_path / str(k), lambda light, rng: rng.uniform() < 0.3, rng=rng)
        told += any(cluster.common for cluster in failure_clusters(run.answered))
    # One in twenty by its promise: more than six of forty have a chance of 0.003.
    assert told <= 6


@pytest.mark.parametrize(
    'scene',
    [
        {},
        {'values': None, 'randomization': []},
        {'values': {'x': 'red'}, 'randomization': {'values': {'y': {'value': float('nan')}}}},
    ],
)
def test_scenes_of_which_nothing_was_written_have_nothing_in_common(tmp_path, scene):
    rows = [episode(k, k > 5, None if k > 5 else 'drift', manifest=scene) for k in range(12)]
    [cluster] = failure_clusters(write_run(tmp_path / 'run', rows).answered)
    assert (cluster.seeds, cluster.common) == ((0, 1, 2, 3, 4, 5), None)


def test_the_report_says_it_and_lists_the_failures(tmp_path):
    run = rows_of(tmp_path / 'dark', lambda light, rng: light < 0.55)
    figures, listed = tmp_path / 'figures.json', tmp_path / 'failures.json'
    assert main([str(run.folder), '--json', str(figures), '--failures', str(listed)]) == 0
    assert 'with light_intensity below' in (run.folder / 'report.html').read_text()
    [told] = json.loads(figures.read_text())['runs'][0]['failures']
    [failure] = json.loads(listed.read_text())['runs'][0]['failures']
    assert failure['seeds'] == told['seeds']
    assert failure['sentence'] == told['sentence']
    assert failure['recordings'] == []
