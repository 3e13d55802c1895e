"""Policies that say where tools are to be, through session and filter, in the simulator."""

import numpy as np
import pytest
from vla_action_filter.config import FilterConfig
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.kinematics.tool_kinematics import ToolKinematics
from vla_contract.values import ActionChunk, NS_PER_S, Observation, to_ns, Vector
from vla_contract.vectors.vector_codec import VectorCodec
from vla_policy_server.actions.action_space import make_action_space
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.episodes.in_process.closed_loop import ClosedLoop
from vla_sim_bridge.scene.world import World

HORIZON = 16
DURATION_S = 4.0
# From the cycle that a chunk comes in until the arm is on the path, the filter blends.
SETTLED_S = 1.0


class Expert:
    """Answers with poses of the tools on a path of the joints, as a policy of tools does."""

    needs_images = False
    needs_extras = ()

    def __init__(self, deployment: Deployment, home: Vector) -> None:
        self.deployment, self.home = deployment, home
        self.codec = VectorCodec(deployment)
        self.space = make_action_space(deployment, deployment.policy.action_kind)
        self.period_s = 1.0 / deployment.policy.rate_hz
        ways = np.random.default_rng(2).uniform(-0.12, 0.12, len(home))
        ways[list(deployment.cell.grippers)] = 0.0
        self.ways = ways
        self.start_ns: int | None = None

    def path(self, seconds: Vector) -> Vector:
        """Return where the joints are to be, shape (T, D)."""
        rise = 1.0 - np.cos(np.maximum(seconds, 0.0) * np.pi / 4.0)
        return self.home + rise[:, None] * self.ways

    def infer(self, observation: Observation) -> ActionChunk:
        if self.start_ns is None:
            self.start_ns = observation.stamp_ns
        now_s = (observation.stamp_ns - self.start_ns) / NS_PER_S
        moves = int(self.codec.has_moves)
        wanted = self.path(now_s + self.period_s * np.arange(HORIZON + moves))
        actions = self.codec.encode_actions(wanted, observation.state)
        positions = self.space.to_joints(actions, observation.state)
        return ActionChunk(observation.stamp_ns, to_ns(self.period_s), positions)

    def reset(self) -> None:
        self.start_ns = None


class Followed:
    """Keeps what was sent and measured."""

    def restart(self) -> None:
        self.cycles: list[Cycle] = []

    def see_chunk(self, chunk: ActionChunk) -> None:
        pass

    def see_cycle(self, cycle: Cycle) -> None:
        self.cycles.append(cycle)


def run(name: str, tmp_path, *tools: str) -> tuple[Expert, list[Cycle]]:
    cell = load_deployment(name).cell
    grippers = [cell.joint_names[i] for i in cell.grippers]
    lines = ''.join(f'  - {{quantity: tool_pose, {tool}}}\n' for tool in tools)
    path = tmp_path / 'tools.yaml'
    path.write_text(
        'schema: 1\nname: tools\nrate_hz: 10.0\nbackend: hold\n'
        f'action:\n{lines}  - {{joints: {grippers}}}\n'
    )
    limit = {'task.time_limit_s': DURATION_S}
    deployment = load_deployment(name, policy=str(path), overrides=limit)
    world = World(deployment)
    manifest = world.reset(0)
    expert, followed = Expert(deployment, world.joint_sample().position.copy()), Followed()
    loop = ClosedLoop(world, expert, FilterConfig(), 4, 0.06, observers=(followed,))
    result = loop.run(0, replay=manifest)
    assert result.failed_inferences == 0
    assert result.chunk_refusal == ''
    return expert, followed.cycles


@pytest.mark.parametrize(
    ('name', 'tools'),
    [
        ('panda_lift_cube', ['rotation: rotvec, frame: world']),
        (
            'aloha_lift_cube',
            [f'rotation: rot6d_rows, tool: {side}_gripper' for side in ('left', 'right')],
        ),
    ],
)
def test_tools_follow_the_path_of_a_policy_to_a_millimetre(name, tools, tmp_path):
    expert, cycles = run(name, tmp_path, *tools)
    kinematics, robot = ToolKinematics(expert.deployment.cell), expert.deployment.cell.robot
    seconds = np.array([(cycle.now_ns - expert.start_ns) / NS_PER_S for cycle in cycles])
    later = seconds > SETTLED_S
    sent = np.array([cycle.command for cycle in cycles])[later]
    wanted = expert.path(seconds[later])
    assert later.sum() > 200
    for tool in robot.tools:
        apart = kinematics.poses(tool, sent) - kinematics.poses(tool, wanted)
        assert np.linalg.norm(apart[:, :3, 3], axis=1).max() < 1e-3
        moved = kinematics.poses(tool, wanted)[:, :3, 3]
        assert np.ptp(moved, axis=0).max() > 0.03
