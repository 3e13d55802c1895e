import random

from filter_run import CELL, eventful_run, FilterRun
import numpy as np
import pytest
from vla_contract.errors import VlaError
from vla_contract.filter_status import Verdict
from vla_contract.recordings.events import ImageEvent
from vla_contract.recordings.read_events import read_events
from vla_contract.recordings.testing import write_recording
from vla_contract.values import JointSample
from vla_rollout.recording.cycles import CYCLE_TOPICS, CycleJoiner, replay_cycles


class Kept:
    """Observes and keeps everything."""

    def restart(self):
        self.chunks, self.refused, self.cycles = [], [], []

    def see_chunk(self, chunk):
        self.chunks.append(chunk)

    def see_refused(self, chunk):
        self.refused.append(chunk)

    def see_cycle(self, cycle):
        self.cycles.append(cycle)


@pytest.fixture(scope='module')
def run():
    return eventful_run()


@pytest.fixture(scope='module')
def recording(run, tmp_path_factory):
    path = tmp_path_factory.mktemp('run') / 'episode.mcap'
    write_recording(path, [(ns, f'/robot/{topic}', msg) for ns, topic, msg in run.messages])
    return path


@pytest.fixture(scope='module')
def kept(recording):
    kept = Kept()
    replay_cycles(recording, CELL, kept)
    return kept


def test_a_recording_gives_back_every_cycle_bit_for_bit(run, recording, kept):
    cycles = {cycle.now_ns: cycle for cycle in kept.cycles}
    assert len(run.played) > 100
    samples = [
        event.payload
        for event in read_events(recording, CELL, with_images=False)
        if isinstance(event.payload, JointSample)
    ]
    for played in run.played:
        cycle = cycles[played.time_ns]
        assert np.array_equal(cycle.command, played.command)
        assert (cycle.desired is None) == (played.desired is None)
        if played.desired is not None:
            assert np.array_equal(cycle.desired.position, played.desired.position)
            assert np.array_equal(cycle.desired.velocity, played.desired.velocity)
            assert cycle.desired.plan_ns == played.desired.plan_ns
        before = [sample for sample in samples if sample.stamp_ns <= played.time_ns]
        assert np.array_equal(cycle.joints.position, (before or samples)[-1].position)


def test_who_wants_to_see_gets_the_images_of_a_recording(recording, kept):
    class Sees(Kept):
        def restart(self):
            super().restart()
            self.images = []

        def see_frame(self, camera, stamp_ns, image):
            self.images.append((camera, stamp_ns, image))

    sees = Sees()
    replay_cycles(recording, CELL, sees)
    recorded = [
        event.payload
        for event in read_events(recording, CELL, with_images=True)
        if isinstance(event.payload, ImageEvent)
    ]
    assert len(sees.images) == len(recorded) > 5
    for (camera, stamp_ns, image), event in zip(sees.images, recorded, strict=True):
        assert (camera, stamp_ns) == (event.camera, event.stamp_ns)
        assert np.array_equal(image, event.image)
    assert [cycle.now_ns for cycle in sees.cycles] == [cycle.now_ns for cycle in kept.cycles]


def test_the_verdict_of_a_cycle_is_that_of_its_own_time(run, kept):
    limits = {Verdict.PASS, Verdict.CLAMP}
    found = {cycle.now_ns: cycle.verdict for cycle in kept.cycles}
    compared = 0
    for due_ns, verdict in run.verdicts.items():
        if due_ns not in found:
            continue
        assert found[due_ns] is verdict or {found[due_ns], verdict} <= limits, due_ns
        compared += 1
    assert compared > 100


def test_the_order_in_which_topics_arrive_changes_nothing(recording, kept):
    events = [
        event.payload
        for event in read_events(recording, CELL, with_images=False, topics=CYCLE_TOPICS)
    ]
    rng = random.Random(0)
    for _ in range(5):
        late = sorted(range(len(events)), key=lambda k: k + rng.uniform(0.0, 6.0))
        again = Kept()
        again.restart()
        joiner = CycleJoiner(again)
        for k in late:
            joiner.take(events[k])
        joiner.finish()
        assert [c.stamp_ns for c in again.chunks] == [c.stamp_ns for c in kept.chunks]
        streamed = {c.now_ns: c for c in again.cycles if c.desired is not None}
        for cycle in kept.cycles:
            if cycle.desired is not None:
                same = streamed[cycle.now_ns]
                assert np.array_equal(same.command, cycle.command)
                assert np.array_equal(same.desired.position, cycle.desired.position)


def test_a_refused_chunk_is_told_as_refused(run, kept):
    assert len(kept.chunks) == 2
    assert [len(chunk.positions) for chunk in kept.refused] == [16]
    ways = [chunk.positions[-1, 0] - chunk.positions[0, 0] for chunk in kept.chunks]
    assert ways == pytest.approx([1.0, 0.5])
    assert all(
        abs(cycle.desired.position[0]) < 3.0 for cycle in kept.cycles if cycle.desired is not None
    )


def test_while_nothing_is_sent_each_status_is_a_cycle(tmp_path):
    run = FilterRun()
    run.run(200)
    path = tmp_path / 'rest.mcap'
    write_recording(path, run.messages)
    kept = Kept()
    replay_cycles(path, CELL, kept)
    assert not run.played
    assert len(kept.cycles) == pytest.approx(20, abs=1)
    assert {cycle.verdict for cycle in kept.cycles} == {Verdict.HOLD}
    assert {str(cycle.reason.code) for cycle in kept.cycles} <= {'no_chunk', 'arming'}
    assert all(np.array_equal(cycle.command, CELL.home) for cycle in kept.cycles)


def test_without_measurements_a_cycle_waits_and_then_goes_with_the_last(recording):
    events = [
        event.payload
        for event in read_events(recording, CELL, with_images=False, topics=CYCLE_TOPICS)
    ]
    first = next(event for event in events if isinstance(event, JointSample))
    kept = Kept()
    kept.restart()
    joiner = CycleJoiner(kept)
    for event in [first, *(event for event in events if not isinstance(event, JointSample))]:
        joiner.take(event)
    assert len(kept.cycles) > 100
    assert {cycle.joints.stamp_ns for cycle in kept.cycles} == {first.stamp_ns}


def test_a_recording_that_says_nothing_of_what_was_desired_is_refused(run, tmp_path):
    path = tmp_path / 'old.mcap'
    old = [message for message in run.messages if message[1] != 'action_filter/desired']
    write_recording(path, old)
    kept = Kept()
    with pytest.raises(VlaError, match='action_filter/action without action_filter/desired'):
        replay_cycles(path, CELL, kept)
