"""One policy at work: when to infer, on what, and what came out. No ROS, no threads, no clock."""

import numpy as np
from vla_contract.contract import RobotContract
from vla_contract.policy import Policy
from vla_contract.values import ActionChunk, Observation, to_ns
from vla_policy_server.observation_buffer import ObservationBuffer


class PolicySession:
    """Decides when the next inference is due and keeps the chunk in use.

    An inference is due when the unexecuted rest of the chunk has fallen below its horizon minus
    `execute_steps`, and none is running. The rest covers the time that inference takes.
    """

    def __init__(self, contract: RobotContract, policy: Policy, execute_steps: int) -> None:
        """Start a session with an idle policy."""
        self._execute_ns = to_ns(execute_steps / contract.action.fps)
        self._running: Observation | None = None
        self.buffer = ObservationBuffer(contract, policy.needs_images, policy.needs_extras)
        self.chunk: ActionChunk | None = None
        self.waiting_for = ''

    def restart(self, now_ns: int) -> None:
        """Forget the episode; only what is captured from `now_ns` on counts.

        The policy itself is reset by whoever runs it, in the thread that runs it.
        """
        self.buffer.clear(now_ns)
        self.chunk = None
        self._running = None

    def is_due(self, now_ns: int) -> bool:
        """Whether the next inference should start now."""
        if self._running is not None:
            return False
        return self.chunk is None or now_ns - self.chunk.stamp_ns >= self._execute_ns

    def begin(self, now_ns: int) -> Observation | None:
        """Return the observation to infer on when one is due and complete, and mark it running.

        When a stream is missing or stale, `waiting_for` names it.
        """
        if not self.is_due(now_ns):
            return None
        observation = self.buffer.observe(now_ns)
        if isinstance(observation, str):
            self.waiting_for = observation
            return None
        if self.chunk is not None and observation.stamp_ns <= self.chunk.stamp_ns:
            self.waiting_for = 'a newer observation'
            return None
        self.waiting_for = ''
        self._running = observation
        return observation

    def finish(self, observation: Observation, chunk: ActionChunk | None) -> bool:
        """Take the result of an inference; None when it failed.

        Returns:
            Whether the chunk may be used: not when the session restarted meanwhile.
        """
        if observation is not self._running:
            return False
        self._running = None
        self.chunk = chunk or self.chunk
        return chunk is not None


def infer_checked(policy: Policy, observation: Observation) -> ActionChunk | str:
    """Run the policy; return its chunk, or why it cannot be used."""
    try:
        chunk = policy.infer(observation)
    except Exception as error:  # noqa: BLE001 - a policy is foreign code; its failure is a result
        return f'policy raised {type(error).__name__}: {error}'
    if not np.isfinite(chunk.positions).all():
        return 'policy returned numbers that are not finite'
    if chunk.positions.shape[1] != len(observation.state):
        return f'policy returned {chunk.positions.shape[1]} joints, not {len(observation.state)}'
    return chunk
