"""Fuzz the filter's process over DDS and in real time, with a strict robot behind it.

    python tests/fuzz/boundary.py --messages 100000

Hostile joint_states, chunks, e_stop, speed_scale, watch, parameters, resets and lifecycle
requests, right and wrong, while a policy sways the arm. Every number of a joint state that is one
is true: what an arm does whose encoders lie is no question of limits. Exit status 0 when the
process lives and neither the actions by their stamps nor the motors left a limit, 1 otherwise.
"""

import argparse
from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
import math
from pathlib import Path
import random
import sys
import time
from typing import Any

from builtin_interfaces.msg import Duration, Time
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
import numpy as np
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64, String
from support.real_time_bench import (
    CELL,
    CHANNELS,
    in_folder,
    JOINTS,
    motors,
    real_time_bench,
    RealTimeBench,
    worst_moments,
)
from support.told_path import worst_excess
from support.waiting import wait_for
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from vla_action_filter.config import FilterConfig
from vla_contract.ros.free_domain import take_domain
from vla_contract.ros.messages.stamps import to_time

WILD = (0.0, -0.0, 1e-320, 1e308, -1e308, math.nan, math.inf, -math.inf, 3.0, -3.0)
NO_NUMBER = (math.nan, math.inf, -math.inf)
# By state: the way to active, and the shutdown after which there would be nothing left to fuzz.
_TO_ACTIVE = {
    State.PRIMARY_STATE_UNCONFIGURED: Transition.TRANSITION_CONFIGURE,
    State.PRIMARY_STATE_INACTIVE: Transition.TRANSITION_ACTIVATE,
}
_SHUTDOWN = {
    State.PRIMARY_STATE_UNCONFIGURED: Transition.TRANSITION_UNCONFIGURED_SHUTDOWN,
    State.PRIMARY_STATE_INACTIVE: Transition.TRANSITION_INACTIVE_SHUTDOWN,
    State.PRIMARY_STATE_ACTIVE: Transition.TRANSITION_ACTIVE_SHUTDOWN,
}
_OURS = 'hostile'


class Attacker:
    """Sends one hostile message or request at a time."""

    def __init__(self, bench: RealTimeBench, seed: int) -> None:
        """Join the bench's node, so that the policy's topic keeps one publisher."""
        self.rnd = random.Random(seed)
        self.bench, node = bench, bench.node
        self.sent: Counter[str] = Counter()
        self.joints = node.create_publisher(JointState, 'joint_states', 10)
        self.e_stop = node.create_publisher(Bool, 'e_stop', 10)
        self.scale = node.create_publisher(Float64, 'speed_scale', 10)
        self.watch = node.create_publisher(String, 'watch', 10)
        self.change = node.create_client(ChangeState, 'action_filter/change_state')
        self.state = node.create_client(GetState, 'action_filter/get_state')
        self.parameters = node.create_client(SetParameters, 'action_filter/set_parameters')
        self.measured = np.array(CELL.home)
        self.is_storm = False
        node.create_subscription(JointState, 'joint_states', self._on_joints, 10)
        self._defaults = asdict(FilterConfig())
        # What was given at start, the deployment's file, is not among them.
        self._defaults.pop('deployment')
        self._defaults['realtime_priority'] = 50

    def send(self, is_storm: bool) -> None:
        """Send something; only in a storm what stops the arm."""
        mild: dict[Callable[[], None], float] = {self.send_joints: 60}
        wild = {
            self.send_chunk: 20,
            self.send_scale: 0.5,
            self.send_watch: 1,
            self.send_e_stop: 0.5,
            self.send_reset: 0.5,
            self.send_parameters: 0.4,
            self.send_transition: 0.4,
        }
        self.is_storm = is_storm
        jobs = {**mild, **wild} if is_storm else mild
        (job,) = self.rnd.choices(list(jobs), list(jobs.values()))
        job()
        self.sent[job.__name__] += 1

    def recover(self) -> None:
        """Bring everything to where the arm may move again."""
        self.watch.publish(String())
        self.e_stop.publish(Bool())
        self.scale.publish(Float64(data=1.0))
        self._set({**self._defaults, 'use_sim_time': False})
        for _ in range(3):
            state = self._state()
            if state in _TO_ACTIVE:
                self._change(_TO_ACTIVE[state])
        end_s = time.monotonic() + 3.0
        wait_for(
            lambda: self.bench.call('action_filter/reset').success or time.monotonic() > end_s,
            30.0,
            'an answer',
        )

    def send_joints(self) -> None:
        names = self._names()
        msg = JointState(name=names)
        msg.header.frame_id = _OURS
        msg.header.stamp = self._stamp()
        values = dict(zip(JOINTS, self.measured, strict=True))
        position = [self._hurt(values.get(name, 0.0), NO_NUMBER) for name in names]
        if self.rnd.random() < 0.05:
            position = position[: self.rnd.randrange(len(position) + 1)]
        msg.position = array('d', position)
        msg.velocity = array('d', [self.rnd.choice(WILD)] * self.rnd.choice([0, len(names), 3]))
        msg.effort = array('d', [self.rnd.choice(NO_NUMBER)] * self.rnd.choice([0, len(names), 5]))
        self.joints.publish(msg)

    def send_chunk(self) -> None:
        rnd, names = self.rnd, self._names()
        msg = JointTrajectory(joint_names=names)
        msg.header.stamp = self._stamp()
        period = rnd.choice([0.1, 0.1, 0.01, 1e-9, 1e-6, 30.0])
        spread = rnd.choice([0.01, 0.1, 0.5, 3.0])
        values = dict(zip(JOINTS, self.measured, strict=True))
        for k in range(rnd.choice([0, 1, 2, 3, 8, 16, 50])):
            point = JointTrajectoryPoint()
            point.positions = array(
                'd',
                [self._hurt(values.get(n, 0.0) + rnd.gauss(0, spread), WILD) for n in names],
            )
            time_ns = int(k * period * 1e9)
            point.time_from_start = Duration(sec=time_ns // 10**9, nanosec=time_ns % 10**9)
            if rnd.random() < 0.02:
                point.time_from_start = Duration(
                    sec=rnd.choice([-(2**31), 2**31 - 1, 0, -1]),
                    nanosec=rnd.choice([0, 2**32 - 1, 10**9]),
                )
            if rnd.random() < 0.1:
                point.velocities = array('d', [rnd.choice(WILD)] * rnd.randrange(12))
            msg.points.append(point)
        self.bench.chunks.publish(msg)

    def send_scale(self) -> None:
        self.scale.publish(Float64(data=self.rnd.choice([*WILD, 1.0, 1.0, 0.5, 0.1])))

    def send_watch(self) -> None:
        self.watch.publish(String(data=self.rnd.choice(['', '', 'somebody', 'x' * 10_000])))

    def send_e_stop(self) -> None:
        self.e_stop.publish(Bool(data=self.rnd.random() < 0.5))

    def send_reset(self) -> None:
        self.bench.ask_reset()

    def send_parameters(self) -> None:
        rnd = self.rnd
        others = ('deployment', 'use_sim_time', 'nobody', '', 'autostart')
        name = rnd.choice([*self._defaults, *others])
        value = rnd.choice([True, False, 1, -1, 2**62, 0.0, *WILD, '', 'none', 'fade', [1.0]])
        before = self._set({name: value})
        if before and name == 'deployment':
            self._set({'deployment': self.bench.deployment})

    def send_transition(self) -> None:
        """Ask for any transition by number or name, or for one that leads on."""
        state = self._state()
        wanted = self.rnd.randrange(256)
        if self.rnd.random() < 0.5:
            wanted = self.rnd.choice([1, 2, 3, 4])
        if wanted != _SHUTDOWN.get(state):
            label = self.rnd.choice(['', '', 'configure', 'deactivate', 'destroy', 'x' * 1000])
            self._change(wanted, label)

    def _names(self) -> list[str]:
        chance, names = self.rnd.random(), list(JOINTS)
        if chance < 0.4:
            self.rnd.shuffle(names)
        elif chance < 0.5:
            names.pop(self.rnd.randrange(8))
        elif chance < 0.6:
            names += ['extra', '']
        elif chance < 0.65:
            names = []
        elif chance < 0.7:
            names[self.rnd.randrange(8)] = self.rnd.choice(JOINTS)
        return names

    def _hurt(self, value: float, wild: tuple[float, ...]) -> float:
        return self.rnd.choice(wild) if self.rnd.random() < 0.03 else float(value)

    def _stamp(self) -> Time:
        now_ns, chance = time.time_ns(), self.rnd.random()
        if not self.is_storm:
            return to_time(now_ns)
        if chance < 0.1:
            return Time(
                sec=self.rnd.choice([-(2**31), 2**31 - 1, 0, -1]),
                nanosec=self.rnd.choice([0, 2**32 - 1, 999_999_999]),
            )
        if chance < 0.2:
            return to_time(now_ns + self.rnd.choice([-(10**9), 9 * 10**8, -3 * 10**8, 10**12]))
        return to_time(now_ns)

    def _on_joints(self, msg: JointState) -> None:
        if msg.header.frame_id != _OURS:
            self.measured = np.array(msg.position)

    def _ask(self, client: Any, request: Any) -> Any:
        future = client.call_async(request)
        end_s = time.monotonic() + 20.0
        wait_for(lambda: future.done() or time.monotonic() > end_s, 30.0, 'an answer')
        if not future.done():
            raise RuntimeError(f'{client.srv_name} does not answer')
        return future.result()

    def _state(self) -> int:
        return int(self._ask(self.state, GetState.Request()).current_state.id)

    def _change(self, number: int, label: str = '') -> None:
        transition = Transition(id=number, label=label)
        self._ask(self.change, ChangeState.Request(transition=transition))

    def _set(self, values: dict[str, Any]) -> bool:
        """Set parameters; return whether all were taken."""
        parameters = [
            Parameter(name, value=value).to_parameter_msg() for name, value in values.items()
        ]
        answer = self._ask(self.parameters, SetParameters.Request(parameters=parameters))
        return all(result.successful for result in answer.results)


def fuzz(bench: RealTimeBench, attacker: Attacker, messages: int, rate_hz: float) -> None:
    """Send messages: a second of storm, recovery, two seconds in which the arm can move."""
    begin_s = time.monotonic()
    bench.is_driving = True
    was_storm = False
    for k in range(messages):
        due_s = begin_s + k / rate_hz
        if due_s > time.monotonic():
            wait_for(lambda due=due_s: time.monotonic() >= due, 60.0, 'time to pass')
        is_storm = (time.monotonic() - begin_s) % 3.0 < 1.0
        if was_storm and not is_storm:
            attacker.recover()
        was_storm = is_storm
        attacker.send(is_storm)
    attacker.recover()


def main() -> int:
    """Run the fuzz."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--messages', type=int, default=10_000)
    parser.add_argument('--rate', type=float, default=500.0, help='messages per second')
    parser.add_argument('--setup', choices=CHANNELS, default='all_joints')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--keep', type=Path, help='folder for the log of the motors')
    args = parser.parse_args()
    return in_folder(args.keep, lambda folder: judge(args, folder))


def judge(args: argparse.Namespace, folder: Path) -> int:
    """Fuzz in a folder; return the exit status."""
    with real_time_bench(folder, take_domain(), args.setup, load=0) as (bench, process):
        attacker = Attacker(bench, args.seed)
        fuzz(bench, attacker, args.messages, args.rate)
        bench.is_driving = False
        end_s = time.monotonic() + 2.0
        wait_for(lambda: time.monotonic() > end_s, 5.0, 'the arm to rest')
        is_alive = process.poll() is None
        writes, said = bench.writes()
        actions = list(bench.actions)
    excess = worst_excess(CELL, *zip(*actions, strict=True))
    report, holds = motors(writes, said)
    print(f'sent {dict(attacker.sent)}; alive: {is_alive}; end status {process.returncode}')
    print(f'{len(actions)} actions; worst relative excess by stamps: {excess}')
    print(f'motors, {len(writes.times_ns) / 1e3:.0f} s: {report}')
    if not holds:
        print('hardest accelerations:', '; '.join(worst_moments(writes)), said)
    is_good = is_alive and holds and len(actions) > 1000
    # Where a motion was joined anew two stamps may be so close that rounding to 1 ns shows.
    return 0 if is_good and max(excess.values()) <= 1e-3 else 1


if __name__ == '__main__':
    sys.exit(main())
