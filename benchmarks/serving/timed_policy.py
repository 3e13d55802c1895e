"""The lerobot backend, with a log of how long its network took for each observation."""

from dataclasses import replace
import json
import os

from vla_contract.deployment.deployment import Deployment
from vla_contract.values import ActionChunk, Observation
from vla_policy_server.backends.lerobot_policy import LeRobotPolicy
from vla_policy_server.backends.registry import make_policy


class TimedPolicy:
    """Passes everything on, and appends a line per inference."""

    needs_images = True
    needs_extras = ()

    def __init__(self, policy: LeRobotPolicy, path: str) -> None:
        self._policy = policy
        self._log = open(path, 'a', buffering=1)  # noqa: SIM115 - open as long as the node runs
        self.notes = policy.notes
        self.earlier_steps = policy.earlier_steps
        self.durations_ns = policy.durations_ns

    def infer(self, observation: Observation) -> ActionChunk:
        """Return the policy's chunk."""
        chunk = self._policy.infer(observation)
        self.durations_ns = self._policy.durations_ns
        entry = {'stamp_ns': observation.stamp_ns, **self.durations_ns}
        self._log.write(json.dumps(entry) + '\n')
        return chunk

    def reset(self) -> None:
        """Reset the policy."""
        self._policy.reset()


def make(deployment: Deployment, device: str) -> TimedPolicy:
    """Build the policy, as the backend 'timed_policy:make'."""
    file = replace(deployment.policy, backend='lerobot')
    policy = make_policy(replace(deployment, policy=file), device)
    return TimedPolicy(policy, os.environ['VLA_BENCH_LOG'])
