import numpy as np
from vla_contract.deployment.cell import load_cell
from vla_contract.filter_status import Verdict
from vla_contract.values import ActionChunk, JointSample, to_ns
from vla_rollout.episodes.in_process.unfiltered import Unfiltered

CELL = load_cell('panda_table')


def test_it_stands_until_the_first_chunk_and_then_plays_it():
    core = Unfiltered(CELL)
    assert core.step(0).command is None
    core.offer_joints(JointSample(0, CELL.home, np.zeros(8)))
    assert np.array_equal(core.step(0).command, CELL.home)
    chunk = ActionChunk(0, to_ns(0.1), CELL.home + np.arange(3.0)[:, None])
    assert core.offer_chunk(chunk, 0) == ''
    result = core.step(to_ns(0.1))
    assert result.verdict is Verdict.PASS
    assert np.allclose(result.command, CELL.home + 1.0)


def test_an_older_chunk_is_refused():
    core = Unfiltered(CELL)
    positions = np.tile(CELL.home, (2, 1))
    core.offer_chunk(ActionChunk(100, 10, positions), 100)
    assert core.offer_chunk(ActionChunk(50, 10, positions), 100)
    assert core.counters['rejected_chunks'] == 1
