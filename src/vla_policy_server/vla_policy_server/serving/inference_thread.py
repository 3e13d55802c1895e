"""Runs a policy off the thread that serves callbacks; one inference at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import queue
import threading
import time

from vla_contract.errors import PolicyError
from vla_contract.policy import Policy, ReportingPolicy
from vla_contract.values import ActionChunk, Observation
from vla_policy_server.serving.session import infer_checked

_RESET = object()


@dataclass(frozen=True)
class Answer:
    """What an inference came to.

    Attributes:
        observation: what it was made from.
        result: the chunk, or why there is none.
        durations_ns: the time it took, by stage where the policy tells [ns].
        done_ns: when it was there, on the monotonic clock [ns].
    """

    observation: Observation
    result: ActionChunk | str
    durations_ns: dict[str, int]
    done_ns: int


class InferenceThread:
    """Takes observations and keeps answers until they are fetched; computes and does no more.

    An exception in the thread that is not the policy's answer ends it: `failure` says so, and
    nothing more is inferred.

    Attributes:
        failure: why the thread ended by itself, '' while it has not.
    """

    def __init__(self, policy: Policy, notify: Callable[[], None]) -> None:
        """Start the thread.

        Args:
            policy: used by this thread only.
            notify: called in the thread when there is an answer to fetch, or a failure; it must
                not block.
        """
        self._policy = policy
        self._notify = notify
        self._jobs: queue.SimpleQueue[Observation | object | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self.failure = ''
        self._thread = threading.Thread(target=self._run, name='inference', daemon=True)
        self._thread.start()

    def submit(self, observation: Observation) -> None:
        """Ask for an inference; the caller sees to it that none is running."""
        self._jobs.put(observation)

    def answers(self) -> Iterator[Answer]:
        """Yield the answers that wait, oldest first."""
        while not self._answers.empty():
            yield self._answers.get()

    def reset(self) -> None:
        """Reset the policy after the running inference and before the next.

        Reset from another thread, a policy that is just inferring would remember the old episode.
        """
        self._jobs.put(_RESET)

    def require_alive(self) -> None:
        """Verify that the thread still infers.

        Raises:
            PolicyError: it ended by itself; says why.
        """
        if self.failure:
            raise PolicyError(f'{self.failure}; allowed: configure again')

    def close(self) -> None:
        """Finish the running inference and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                if isinstance(job, Observation):
                    self._answers.put(self._infer(job))
                    self._notify()
                else:
                    self._policy.reset()
        except BaseException as error:  # noqa: BLE001 - foreign code may also call sys.exit
            self.failure = f'inference thread ended: {type(error).__name__}: {error}'
            self._notify()

    def _infer(self, observation: Observation) -> Answer:
        started_ns = time.monotonic_ns()
        result = infer_checked(self._policy, observation)
        done_ns = time.monotonic_ns()
        durations_ns = {'inference': done_ns - started_ns}
        if isinstance(self._policy, ReportingPolicy):
            durations_ns |= self._policy.durations_ns
        return Answer(observation, result, durations_ns, done_ns)
