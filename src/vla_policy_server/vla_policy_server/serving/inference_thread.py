"""Runs a policy off the thread that serves callbacks; one inference at a time."""

from collections.abc import Callable
import queue
import threading
import time

from vla_contract.policy import Policy, ReportingPolicy
from vla_contract.values import ActionChunk, Observation
from vla_policy_server.serving.session import infer_checked

Durations = dict[str, int]
Done = Callable[[Observation, ActionChunk | str, Durations], None]

_RESET = object()


class InferenceThread:
    """Takes observations and hands results to a callback, in its own thread."""

    def __init__(self, policy: Policy, done: Done) -> None:
        """Start the thread.

        Args:
            policy: used by this thread only.
            done: called with the observation, the chunk or the reason there is none, and the
                time inference took, by stage where the policy tells [ns].
        """
        self._policy = policy
        self._done = done
        self._jobs: queue.SimpleQueue[Observation | object | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name='inference', daemon=True)
        self._thread.start()

    def submit(self, observation: Observation) -> None:
        """Ask for an inference; the caller sees to it that none is running."""
        self._jobs.put(observation)

    def reset(self) -> None:
        """Reset the policy after the running inference and before the next.

        Reset from another thread, a policy that is just inferring would remember the old episode.
        """
        self._jobs.put(_RESET)

    def close(self) -> None:
        """Finish the running inference and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            if isinstance(job, Observation):
                self._infer(job)
            else:
                self._policy.reset()

    def _infer(self, observation: Observation) -> None:
        started = time.monotonic_ns()
        result = infer_checked(self._policy, observation)
        durations = {'inference': time.monotonic_ns() - started}
        if isinstance(self._policy, ReportingPolicy):
            durations |= self._policy.durations_ns
        self._done(observation, result, durations)
