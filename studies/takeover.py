"""How often a person saves an episode whose policy fails: a script takes over in simulation.

python studies/takeover.py --episodes 20

The chunks of the policy are spoiled by each fault that changes chunks. After `--reaction` seconds
without success a person takes over and wants what the expert of the task would do, at 10 Hz, of
measured joints and true poses, through the same action filter, whose limits are held against what
it sends. Exit status 0 when at least 90 % of the episodes with a takeover were saved.
"""

import argparse
from collections.abc import Sequence
import sys

from injected_faults import FAULTS, Spoiled
import numpy as np
from tqdm import tqdm
from vla_action_filter.action_filter import ActionFilter
from vla_action_filter.config import FilterConfig
from vla_contract.cli.command import DONE, NOT_GOOD_ENOUGH
from vla_contract.deployment.deployment import load_deployment
from vla_contract.recordings.events import TeleopEvent
from vla_contract.values import ActionChunk, JointSample, to_ns
from vla_policy_server.backends.registry import make_policy
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.episodes.in_process.closed_loop import ClosedLoop
from vla_rollout.statistics.intervals import format_interval
from vla_sim_bridge.demonstrations.make_expert import make_scripted_expert
from vla_sim_bridge.scene.world import World

TICK_NS = to_ns(0.1)
# As far as a hand looks ahead.
STEPS = 3
EXECUTE_STEPS, LATENCY_S = 4, 0.06
SAVED = 0.9


class ScriptedPerson:
    """Takes over when an episode is not done after a while, and does the task."""

    def __init__(self, world: World, reaction_s: float) -> None:
        """Prepare for a world; its task needs an expert."""
        self._world, self._reaction_ns = world, to_ns(reaction_s)
        self._expert = make_scripted_expert(world.deployment, 'cpu')
        self._named = np.ones(len(world.cell.joints), dtype=bool)

    def restart(self) -> None:
        """Begin an episode."""
        self._expert.reset()
        self._take_over_ns = self._world.time_ns + self._reaction_ns
        self._next_ns = self._take_over_ns

    def act(self, now_ns: int, joints: JointSample, action_filter: ActionFilter) -> None:
        """Take over when it is time, and say ten times a second what to do next."""
        if now_ns < self._next_ns:
            return
        if not action_filter.sources.is_human:
            action_filter.give(True, (), now_ns)
        self._next_ns = now_ns + TICK_NS
        wish = self._expert.plan(joints.position, self._world.extras(), STEPS)
        chunk = ActionChunk(now_ns, TICK_NS, wish)
        action_filter.offer_teleop(TeleopEvent(chunk, self._named), now_ns)


class LimitWatch:
    """Finds the largest speed and acceleration of the commands, as shares of the limits."""

    def __init__(self, world: World) -> None:
        """Prepare for a robot."""
        arm = [world.cell.joints[i] for i in world.cell.arm]
        self._arm, self._dt = list(world.cell.arm), 1.0 / world.cell.rates.filter_hz
        self._velocity = np.array([joint.velocity for joint in arm])
        self._acceleration = np.array([joint.acceleration for joint in arm])
        self.worst = np.zeros(2)
        self.restart()

    def restart(self) -> None:
        """Begin an episode."""
        self._sent: list[np.ndarray] = []

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Look at commands alone."""

    def see_cycle(self, cycle: Cycle) -> None:
        """Compare a command with those before it."""
        if cycle.command is None:
            return
        self._sent = [*self._sent[-2:], cycle.command[self._arm]]
        if len(self._sent) == 3:
            speeds = np.diff(self._sent, axis=0) / self._dt
            speed = np.abs(speeds[-1] / self._velocity).max()
            change = np.abs(np.diff(speeds, axis=0) / self._dt / self._acceleration).max()
            self.worst = np.maximum(self.worst, (speed, change))


def main(argv: Sequence[str] | None = None) -> int:
    """Run episodes of every fault, print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--deployment', default='panda_lift_cube')
    parser.add_argument('--episodes', type=int, default=20, help='of each fault')
    parser.add_argument('--first-seed', type=int, default=9000)
    parser.add_argument('--reaction', type=float, default=2.5, metavar='S')
    args = parser.parse_args(argv)
    deployment = load_deployment(args.deployment)
    policy, world = make_policy(deployment, 'cpu'), World(deployment)
    person, watch = ScriptedPerson(world, args.reaction), LimitWatch(world)
    taken, saved = 0, 0
    for fault in (fault for fault in FAULTS if fault.spoil is not None):
        spoiled = Spoiled(policy, fault.spoil(deployment.cell))
        loop = ClosedLoop(
            world, spoiled, FilterConfig(), EXECUTE_STEPS, LATENCY_S,
            observers=(watch,), person=person,
        )  # fmt: skip
        seeds = range(args.first_seed, args.first_seed + args.episodes)
        results = [loop.run(seed) for seed in tqdm(seeds, desc=fault.name, leave=False)]
        helped = [r for r in results if r.filter_counters.get('human_cycles')]
        done = sum(result.assisted for result in helped)
        taken, saved = taken + len(helped), saved + done
        ends = sorted({result.termination for result in helped if not result.assisted})
        print(f'{fault.name:28} taken over {len(helped):3}, saved {done:3}  {" ".join(ends)}')
    print(f'saved {format_interval(saved, taken)}')
    speed, acceleration = watch.worst
    print(f'largest share of the limits: speed {speed:.6f}, acceleration {acceleration:.6f}')
    return DONE if taken and saved >= SAVED * taken else NOT_GOOD_ENOUGH


if __name__ == '__main__':
    sys.exit(main())
