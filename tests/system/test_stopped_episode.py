"""An e-stop in mid-episode, and what a recording says of every cycle, on the real graph."""

from functools import partial
import json
from pathlib import Path

import numpy as np
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from support.operator_desk import OperatorDesk
from support.waiting import wait_for
from vla_contract.deployment.cell import Cell, load_cell
from vla_contract.filter_status import FilterStatus, Verdict
from vla_contract.recordings.events import Payload
from vla_contract.ros.messages.live_streams import live_streams
from vla_contract.ros.qos import COMMAND, STATE
from vla_contract.values import JointSample
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.recording.cycles import CYCLE_TOPICS, CycleJoiner, replay_cycles

DEMO = 'vla_rollout.graph.ros.demo'
DOMAIN = 41
CELL = load_cell('panda_table')


class Cycles:
    """Observes and keeps every cycle by its time, and what was heard last of arm and filter."""

    def __init__(self) -> None:
        self.restart()
        self.measured_ns = self.told_ns = 0

    def restart(self) -> None:
        self.by_time: dict[int, Cycle] = {}

    def see_chunk(self, chunk) -> None:
        """Look at cycles alone."""

    def see_cycle(self, cycle: Cycle) -> None:
        self.by_time[cycle.now_ns] = cycle

    def hear(self, payload: Payload) -> None:
        if isinstance(payload, JointSample):
            self.measured_ns = payload.stamp_ns
        elif isinstance(payload, FilterStatus):
            self.told_ns = payload.time_ns

    @property
    def heard_until_ns(self) -> int:
        """Until when it has heard arm and filter: a busy machine keeps a listener waiting."""
        return min(self.measured_ns, self.told_ns)


def watch(desk: OperatorDesk, cell: Cell) -> Cycles:
    """Return the cycles of a running graph, as they happen."""
    cycles = Cycles()
    joiner = CycleJoiner(cycles)
    # Many seconds of joint_states: a busy machine has them wait.
    qos = QoSProfile(depth=10_000, reliability=ReliabilityPolicy.RELIABLE)
    streams = live_streams(cell, with_images=False, topics=CYCLE_TOPICS)
    for topic, (kind, decode) in streams.items():
        desk.node.create_subscription(kind, topic, partial(_take, joiner, cycles, decode), qos)
    return cycles


def _take(joiner: CycleJoiner, cycles: Cycles, decode, msg) -> None:
    payload = decode(msg)
    if payload is not None:
        joiner.take(payload)
        cycles.hear(payload)


def stop_at_the_first_motion(desk: OperatorDesk) -> None:
    """Press the e-stop in the callback that sees the arm move: an episode takes two seconds.

    What moves before anybody watches is no episode: the nodes of the demo start by themselves.
    """
    begun: list[np.ndarray] = []
    watched: list[String] = []
    desk.node.create_subscription(String, 'watch', watched.append, COMMAND)

    def look(msg: JointState) -> None:
        if not watched:
            return
        position = np.array(msg.position)
        begun.append(position)
        if np.abs(position - begun[0]).max() > 0.005:
            desk.press_e_stop(True)
            desk.node.destroy_subscription(subscription)

    subscription = desk.node.create_subscription(JointState, 'action_filter/action', look, STATE)


def recorded_cycles(folder: Path, results: list[dict]) -> list[Cycle]:
    found = []
    for result in results:
        cycles = Cycles()
        replay_cycles(folder / 'recordings' / result['recording'], CELL, cycles)
        found += cycles.by_time.values()
    return found


def test_a_stopped_episode_says_why_and_the_next_one_goes_on(start, tmp_path, monkeypatch):
    monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    arguments = ('--episodes', '3', '--record', '--json', 'result.json', '--policy', 'scripted')
    demo = start(DEMO, *arguments, '--domain-id', str(DOMAIN))
    desk = OperatorDesk(DOMAIN)
    try:
        live = watch(desk, CELL)
        stop_at_the_first_motion(desk)
        wait_for(lambda: desk.status.startswith(('stop', 'latched')), 300.0, 'the stop')
        desk.press_e_stop(False)
        demo.wait_for_text('results:')
        assert demo.finish() == 0, demo.output
        results = json.loads((tmp_path / 'result.json').read_text())['results']
        recorded = recorded_cycles(tmp_path / 'runs' / 'latest', results)
        nearly_ns = recorded[-1].now_ns - 300_000_000
        wait_for(lambda: live.heard_until_ns >= nearly_ns, 60.0, 'what was recorded')
    finally:
        desk.close()
    first, *others = results
    assert (first['success'], first['termination']) == (False, 'stopped')
    assert 'e_stop' in first['stop_cause']
    assert first['failure_mode'] == 'safety stop'
    assert first['filter_counters']['e_stops'] == 1
    assert [result['success'] for result in others] == [True, True], demo.output
    compare(recorded, live.by_time)


def compare(recorded: list[Cycle], live: dict[int, Cycle]) -> None:
    """Hold what a recording says against what was seen live, bit for bit."""
    both = [(cycle, live[cycle.now_ns]) for cycle in recorded if cycle.now_ns in live]
    moving = [cycle for cycle in recorded if cycle.desired is not None]
    assert len(moving) > 200
    assert len(both) > 0.9 * len(recorded)
    for cycle, seen in both:
        # joint_states are best effort: one of the two may lack some.
        if cycle.joints.stamp_ns == seen.joints.stamp_ns:
            assert np.array_equal(cycle.joints.position, seen.joints.position)
        assert (cycle.desired is None) == (seen.desired is None)
        if cycle.desired is not None and seen.desired is not None:
            assert np.array_equal(cycle.command, seen.command)
            assert np.array_equal(cycle.desired.position, seen.desired.position)
            assert np.array_equal(cycle.desired.velocity, seen.desired.velocity)
    same = sum(cycle.joints.stamp_ns == seen.joints.stamp_ns for cycle, seen in both)
    assert same > 0.9 * len(both)
    assert any(cycle.verdict >= Verdict.STOP for cycle in recorded)
