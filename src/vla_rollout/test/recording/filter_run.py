"""A run of the real filter without ROS: what its node would publish, and what really happened."""

from pathlib import Path

import numpy as np
from vla_action_filter.config import FilterConfig
from vla_action_filter.output.command_curve import motion_at
from vla_action_filter.output.command_loop import CommandLoop, Played
from vla_contract.deployment.deployment import load_deployment
from vla_contract.filter_status import FilterStatus, Verdict
from vla_contract.recordings.events import TeleopEvent
from vla_contract.recordings.testing import (
    header,
    joint_state,
    joint_trajectory,
    write_recording,
)
from vla_contract.values import ActionChunk, JointSample, to_ns

DEPLOYMENT = load_deployment('panda_lift_cube')
CELL = DEPLOYMENT.cell
CAMERA = CELL.cameras[0]
MS = 1_000_000
PERIOD_NS = 10 * MS


def picture(k):
    rng = np.random.default_rng(k)
    return rng.integers(0, 256, (CAMERA.height, CAMERA.width, 3), np.uint8)


class FilterRun:
    """Drives the filter at 100 Hz; an arm that follows at once and says so.

    Attributes:
        messages: time of publishing, topic and content of everything that was published.
        played: every command that came due, as the filter knew it.
        verdicts: of every cycle, by the time its command was due.
        humans: groups that a human commanded, by the time the command was due.
    """

    def __init__(self, **settings) -> None:
        self.loop = CommandLoop(CELL, FilterConfig(arming_s=0.0, **settings))
        self.now_ns = to_ns(100.0)
        self.position = np.array(CELL.home)
        self.messages: list = [(self.now_ns, 'instruction', {'data': 'lift the cube'})]
        self.played: list[Played] = []
        self.verdicts: dict[int, Verdict] = {}
        self.humans: dict[int, tuple[str, ...]] = {}
        self._said_ns, self._since_ns = 0, 0
        self._count = 0

    def publish(self, topic: str, message, after_ns: int = 0) -> None:
        self.messages.append((self.now_ns + after_ns, topic, message))

    def chunk(self, way: float, steps: int = 16, stamp_ns: int | None = None) -> str:
        """Publish a chunk from where the arm is; returns why the filter refused it."""
        points = np.tile(self.position, (steps, 1))
        points[:, 0] += np.linspace(0.0, way, steps)
        chunk = ActionChunk(stamp_ns or self.now_ns, to_ns(0.1), points)
        self.publish('policy_chunk', joint_trajectory(chunk, CELL.joint_names))
        return self.loop.filter.offer_chunk(chunk, self.now_ns)

    def hand(self, way: float, cycles: int) -> None:
        """Let a hand lead the first joint so far in so many cycles, two for each chunk."""
        for _ in range(cycles // 2):
            points = np.tile(self.position, (2, 1))
            points[1, 0] += 2 * way / cycles
            chunk = ActionChunk(self.now_ns, 20 * MS, points)
            self.publish('teleop_chunk', joint_trajectory(chunk, CELL.joint_names))
            wish = TeleopEvent(chunk, np.ones(len(CELL.joints), dtype=bool))
            assert not self.loop.filter.offer_teleop(wish, self.now_ns)
            self.run(2)

    def give(self, to_human: bool) -> None:
        self.loop.filter.give(to_human, (), self.now_ns)

    def run(self, cycles: int) -> None:
        for _ in range(cycles):
            self._cycle()

    def _cycle(self) -> None:
        self.now_ns += PERIOD_NS
        zero = np.zeros_like(self.position)
        measured_ns = self.now_ns - 3 * MS
        self.loop.filter.offer_joints(JointSample(measured_ns, self.position, zero))
        self.publish(
            'joint_states', joint_state(measured_ns, CELL.joint_names, self.position, zero)
        )
        if self._count % 5 == 0:
            self._film()
        self._count += 1
        orders = self.loop.cycle(self.now_ns)
        # A hold or stop replaces commands that were computed ahead.
        verdict = orders.result.verdict
        replaced = {ns: verdict for ns in self.verdicts if ns >= self.loop.since_ns}
        if self.loop.since_ns != self._since_ns:
            self.verdicts |= replaced
            self.humans |= dict.fromkeys(replaced, orders.result.human)
        self.verdicts[self.loop.due_ns] = verdict
        self.humans[self.loop.due_ns] = orders.result.human
        for time_ns, command, desired in orders.played:
            asked = [] if desired is None else desired.position
            speed = [] if desired is None else desired.velocity
            self.publish(
                'action_filter/desired', joint_state(time_ns, CELL.joint_names, asked, speed)
            )
            self.publish('action_filter/action', joint_state(time_ns, CELL.joint_names, command))
        self.played += orders.played
        if orders.curve:
            self.position = motion_at(orders.curve, self.now_ns)[0]
        self._tell(orders.result)

    def _film(self) -> None:
        image = picture(self._count)
        self.publish(f'{CAMERA.topic}/image_raw', {
            'header': header(self.now_ns), 'height': CAMERA.height, 'width': CAMERA.width,
            'encoding': 'rgb8', 'step': 3 * CAMERA.width, 'data': image.tobytes(),
        })  # fmt: skip

    def _tell(self, result) -> None:
        log, core = self.loop.filter.chunk_log, self.loop.filter
        is_due = self.now_ns - self._said_ns >= 100 * MS
        if not (is_due or log.has_news or self.loop.since_ns != self._since_ns):
            return
        self._said_ns, self._since_ns = self.now_ns, self.loop.since_ns
        status = FilterStatus(
            result.verdict, result.reason, self.loop.since_ns, self.loop.due_ns,
            self.loop.is_streaming, result.state.value, log.taken, log.refused, core.progress,
            core.counters, result.human,
        )  # fmt: skip
        log.clear()
        values = [{'key': key, 'value': value} for key, value in status.values().items()]
        self.publish(
            'action_filter/status',
            {'level': 0, 'name': 'action_filter', 'message': status.message, 'values': values},
        )


def eventful_run() -> FilterRun:
    """Return a run with a chunk that is refused as a jump, one that is taken, and an e-stop."""
    run = FilterRun()
    run.run(10)
    assert not run.chunk(1.0)
    run.run(60)
    assert run.chunk(90.0).startswith('jump')
    run.run(20)
    assert not run.chunk(0.5)
    run.run(40)
    run.loop.filter.set_e_stop(True)
    run.run(40)
    return run


def takeover_run() -> FilterRun:
    """Return a run in which a hand takes over from the policy and gives back."""
    run = FilterRun()
    run.run(10)
    assert not run.chunk(0.5)
    run.run(60)
    run.give(to_human=True)
    run.hand(-0.5, 60)
    run.give(to_human=False)
    run.run(10)
    assert not run.chunk(0.5)
    run.run(60)
    return run


def write_takeover(run: FilterRun, folder: Path) -> Path:
    """Write the recording of such a run as a recorder would name it; return its path."""
    path = folder / 'episode.mcap'
    notes = {'vla': {'outcome': 'success', 'seed': '3', 'recording': 'null'}}
    write_recording(path, run.messages, metadata=notes)
    return path
