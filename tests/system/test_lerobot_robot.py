"""LeRobot's commands, as they are installed, with the robot behind the action filter."""

from collections.abc import Callable, Iterator, Sequence
import json
import logging
import os
from pathlib import Path
import shutil
import signal
import sys

from lerobot.scripts import (
    lerobot_record,
    lerobot_replay,
    lerobot_rollout,
    lerobot_teleoperate,
)
from lerobot_robot_vla_deploy.errors import ArmStandsError, NotReadyError
import numpy as np
import pyarrow.parquet as pq
import pytest
import rclpy
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from std_srvs.srv import Trigger
from support.waiting import wait_for
from vla_contract.deployment.deployment import load_deployment
from vla_contract.ros.free_domain import take_domain
from vla_contract.ros.node.node_thread import NodeThread
from vla_contract.ros.qos import LATCHED, STATE
from vla_contract.share import find_config, find_model
from vla_rollout.graph.stack import Stack
import yaml

DEPLOYMENT = load_deployment('panda_lift_cube')
HOME = DEPLOYMENT.cell.home
NAMES = [f'{name}.pos' for name in DEPLOYMENT.cell.joint_names]
LEADERS = Path(__file__).parents[1] / 'support' / 'lerobot_leader'
AMPLITUDE = 0.2

Run = Callable[..., None]


@pytest.fixture(scope='module')
def domain() -> int:
    return take_domain()


@pytest.fixture
def person(domain: int) -> Iterator[NodeThread]:
    """Somebody else in the graph, who has a node."""
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=domain)
    thread = NodeThread('person', context)
    yield thread
    thread.close()
    rclpy.try_shutdown(context=context)


@pytest.fixture(scope='module')
def stack(domain: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The simulator and the filter, without a policy server."""
    folder = tmp_path_factory.mktemp('graph')
    sim = find_config('stacks', 'sim')
    shutil.copytree(sim.parents[1], folder / 'config')
    values = yaml.safe_load(sim.read_text())
    wanted = ('mujoco_bridge', 'action_filter')
    values['processes'] = [p for p in values['processes'] if p['name'] in wanted]
    alone = folder / 'config' / 'stacks' / 'alone.yaml'
    alone.write_text(yaml.safe_dump(values))
    with Stack(str(alone), folder / 'logs', domain, {}) as stack:
        yield stack


@pytest.fixture
def run(domain: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Call the main function of a command of LeRobot with options for the robot."""
    monkeypatch.setenv('ROS_DOMAIN_ID', str(domain))
    monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    monkeypatch.syspath_prepend(str(LEADERS))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    root, level = logging.getLogger().handlers[:], logging.getLogger().level

    def call(module, *options: str) -> None:
        robot = ('type=vla_deploy', 'id=simulated', f'calibration_dir={tmp_path}', 'timeout_s=90')
        words = [f'--robot.{option}' for option in robot]
        monkeypatch.setattr(sys, 'argv', [module.__name__, *words, *options])
        module.main()

    yield call
    for number, handler in handlers.items():
        signal.signal(number, handler)
    logging.getLogger().handlers[:] = root
    logging.getLogger().setLevel(level)


class Poses:
    """What the simulated driver measures while the context lasts."""

    def __init__(self, node) -> None:
        self._node = node
        self._heard: list[Sequence[float]] = []

    def __enter__(self) -> 'Poses':
        self._subscription = self._node.create_subscription(
            JointState, 'joint_states', lambda msg: self._heard.append(msg.position), STATE
        )
        return self

    def __exit__(self, *error: object) -> None:
        self._node.destroy_subscription(self._subscription)

    def span(self, joint: int) -> float:
        """Return how far a joint went."""
        return float(np.ptp([pose[joint] for pose in self._heard]))


def leader(amplitude: float = AMPLITUDE, centre=HOME) -> list[str]:
    """Return the options of a leader arm that sways about a pose."""
    pose = json.dumps(dict(zip(NAMES, map(float, centre), strict=True)))
    return [
        '--teleop.type=swaying_leader',
        '--teleop.id=leader',
        f'--teleop.centre={pose}',
        f'--teleop.amplitude={amplitude}',
    ]


def recording(root: Path, *more: str) -> list[str]:
    values = {
        'root': root,
        'single_task': 'sway',
        'num_episodes': 1,
        'episode_time_s': 3,
        'video': 'false',
        'push_to_hub': 'false',
        'fps': 20,
    }
    options = [f'--dataset.{name}={value}' for name, value in values.items()]
    return [*options, '--play_sounds=false', *more]


def columns(root: Path) -> tuple[dict, dict[str, np.ndarray]]:
    info = json.loads((root / 'meta' / 'info.json').read_text())
    [file] = root.glob('data/**/*.parquet')
    table = pq.read_table(file, columns=['action', 'observation.state']).to_pydict()
    return info, {name: np.array(rows) for name, rows in table.items()}


def test_record_writes_what_the_arm_did_and_replay_does_it_again(stack, run, person, tmp_path):
    person.start()
    root = tmp_path / 'sway'
    run(lerobot_record, *leader(), *recording(root, '--dataset.repo_id=local/sway'))
    info, found = columns(root)
    assert info['robot_type'] == 'vla_deploy'
    assert info['features']['action']['names'] == NAMES
    assert info['features']['observation.images.top']['shape'] == [96, 96, 3]
    state, action = found['observation.state'], found['action']
    assert state.shape == action.shape == (info['total_frames'], len(NAMES))
    # The arm followed: late, and within its limits.
    assert np.ptp(state[:, 0]) > 0.5 * np.ptp(action[:, 0]) > 0.1
    assert state[-1, 1:7] == pytest.approx(HOME[1:7], abs=0.02)
    episode = ('repo_id=local/sway', f'root={root}', 'episode=0')
    with Poses(person.node) as poses:
        run(lerobot_replay, *(f'--dataset.{option}' for option in episode), '--play_sounds=false')
    assert poses.span(0) > 0.5 * np.ptp(action[:, 0])


@pytest.fixture
def press(person) -> Iterator[Callable[[], None]]:
    """Press e_stop; afterwards it is released and the filter lets go."""
    button = person.node.create_publisher(Bool, 'e_stop', LATCHED)
    reset = person.node.create_client(Trigger, 'action_filter/reset')
    yield lambda: button.publish(Bool(data=True))
    button.publish(Bool(data=False))
    wait_for(reset.service_is_ready, 60.0, 'the service of the filter')
    answers = [reset.call_async(Trigger.Request())]

    def is_reset() -> bool:
        if answers[-1].done() and not answers[-1].result().success:
            answers.append(reset.call_async(Trigger.Request()))
        return bool(answers[-1].done() and answers[-1].result().success)

    wait_for(is_reset, 60.0, 'the filter to let go')


def test_teleoperate_ends_with_a_sentence_when_the_arm_is_stopped(stack, run, person, press):
    seen: list[float] = []
    pressed: list[bool] = []

    def press_in_motion(msg: JointState) -> None:
        seen.append(msg.position[0])
        if not pressed and abs(seen[-1] - seen[0]) > 0.05:
            pressed.append(True)
            press()

    person.node.create_subscription(JointState, 'joint_states', press_in_motion, STATE)
    person.start()
    with pytest.raises(ArmStandsError, match='has stopped the arm: e_stop.*action_filter/reset'):
        run(lerobot_teleoperate, *leader(), '--fps=30', '--teleop_time_s=60')
    with pytest.raises(NotReadyError, match='waited 15 s: action_filter has stopped the arm'):
        run(lerobot_teleoperate, *leader(), '--robot.timeout_s=15')


def test_a_leader_that_is_elsewhere_moves_nothing(stack, run, tmp_path, caplog):
    far = HOME.copy()
    far[0] += 2.0
    root = tmp_path / 'far'
    run(lerobot_record, *leader(0.0, far), *recording(root, '--dataset.repo_id=local/far'))
    _, found = columns(root)
    assert np.ptp(found['observation.state'][:, 0]) < 0.02


def test_rollout_runs_the_shipped_policy(stack, run, person):
    """Down to the cube: the policy sees what it was trained on, and the filter passes it."""
    seen: list[np.ndarray] = []
    moved: list[bool] = []

    def end_in_motion(msg: JointState) -> None:
        seen.append(np.array(msg.position))
        if not moved and np.abs(seen[-1] - seen[0])[:7].max() > 0.2:
            moved.append(True)
            os.kill(os.getpid(), signal.SIGINT)  # as by Ctrl-C, at which it ends in order

    person.node.create_subscription(JointState, 'joint_states', end_in_motion, STATE)
    person.start()
    run(
        lerobot_rollout,
        f'--policy.path={find_model("panda_lift_act")}',
        '--policy.device=cpu',
        '--fps=10',
        '--duration=60',
        '--task=lift the cube',
        '--return_to_initial_position=false',
    )
    assert moved


def test_without_a_graph_connect_says_what_is_missing(run):
    with pytest.raises(NotReadyError, match='node /nobody/action_filter does not answer'):
        run(lerobot_teleoperate, *leader(), '--robot.timeout_s=1', '--robot.namespace=nobody')
