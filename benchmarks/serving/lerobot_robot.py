"""LeRobot's own asynchronous client on a robot that is a camera and a clock."""

from bisect import bisect_right
import json
import math
import sys
import threading
import time

from lerobot.async_inference import robot_client
from lerobot.async_inference.configs import RobotClientConfig
from lerobot.async_inference.robot_client import RobotClient
from lerobot.robots import Robot, RobotConfig
import numpy as np
import torch
from vla_contract.deployment.deployment import load_deployment

DEPLOYMENT = load_deployment('panda_lift_cube')
POLICY = DEPLOYMENT.policy


@RobotConfig.register_subclass('bench_robot')
class BenchRobotConfig(RobotConfig):
    """Nothing to configure."""


class BenchRobot(Robot):
    """Sways its first joint, and has a new frame 30 times a second."""

    config_class = BenchRobotConfig
    name = 'bench_robot'
    is_connected = is_calibrated = True

    def __init__(self, config: RobotConfig, frames: list[np.ndarray], frame_hz: float) -> None:
        super().__init__(config)
        self._frames, self._frame_s = frames, 1.0 / frame_hz
        self._start_s = time.time()
        self.looks: list[tuple[float, float]] = []

    @property
    def action_features(self):
        return dict.fromkeys(POLICY.action_names, float)

    @property
    def observation_features(self):
        return {**dict.fromkeys(POLICY.state_names, float), 'top': (480, 640, 3)}

    def get_observation(self):
        now_s = time.time()
        frame = int((now_s - self._start_s) / self._frame_s)
        self.looks.append((now_s, self._start_s + frame * self._frame_s))
        state = DEPLOYMENT.cell.home.copy()
        state[0] += 0.2 * math.sin(now_s)
        joints = dict(zip(POLICY.state_names, state.tolist(), strict=True))
        return {**joints, 'top': self._frames[frame % len(self._frames)]}

    def send_action(self, action):
        return action

    def connect(self, calibrate: bool = True) -> None:
        pass

    def disconnect(self) -> None:
        pass

    def calibrate(self) -> None:
        pass

    def configure(self) -> None:
        pass


class BenchClient(RobotClient):
    """Logs which observation every action comes from; behaviour is LeRobot's."""

    def __init__(self, config: RobotClientConfig) -> None:
        super().__init__(config)
        self.seen_s: dict[int, float] = {}
        self.arrivals: list[tuple[float, float]] = []
        self.actions: list[tuple[float, float]] = []
        self.starved: list[float] = []

    def _capture_s(self, sent_s: float) -> float:
        """Return when the frame was captured that was looked at just before a time."""
        looks = self.robot.looks
        return looks[bisect_right(looks, (sent_s, math.inf)) - 1][1]

    def _aggregate_action_queues(self, incoming_actions, aggregate_fn=None):
        captured_s = self._capture_s(incoming_actions[0].get_timestamp())
        self.arrivals.append((time.time(), captured_s))
        for action in incoming_actions:
            self.seen_s[action.get_timestep()] = captured_s
        super()._aggregate_action_queues(incoming_actions, aggregate_fn)

    def actions_available(self):
        available = super().actions_available()
        if self.actions and not available:
            self.starved.append(time.time())
        return available

    def control_loop_action(self, verbose: bool = False):
        done = super().control_loop_action(verbose)
        self.actions.append((time.time(), self.seen_s[self.latest_action]))
        return done


def main(policy_path: str, port: str, duration_s: str, frames: str, log: str) -> None:
    """Run the client against a server for a time; write the log."""
    torch.set_num_threads(1)
    pictures = list(np.load(frames))
    robot_client.make_robot_from_config = lambda config: BenchRobot(config, pictures, 30.0)
    config = RobotClientConfig(
        policy_type='act',
        pretrained_name_or_path=policy_path,
        robot=BenchRobotConfig(id='bench'),
        actions_per_chunk=16,
        server_address=f'localhost:{port}',
        fps=round(POLICY.rate_hz),
    )
    client = BenchClient(config)
    if not client.start():
        sys.exit('LeRobot did not connect')
    threads = [
        threading.Thread(target=client.receive_actions, daemon=True),
        threading.Thread(target=client.control_loop, args=('lift the cube',), daemon=True),
    ]
    for thread in threads:
        thread.start()
    threading.Event().wait(float(duration_s))
    client.shutdown_event.set()
    result = {'arrivals': client.arrivals, 'actions': client.actions, 'starved': client.starved}
    with open(log, 'w') as file:
        json.dump(result, file)


if __name__ == '__main__':
    main(*sys.argv[1:])
