"""A running graph as the environment of an episode."""

from collections.abc import Callable
import time

from vla_contract.values import NS_PER_S
from vla_rollout.episodes.control import EpisodeControl
from vla_rollout.episodes.episode_loop import Situation
from vla_rollout.episodes.latch import stopped_line
from vla_rollout.graph.ros.graph import RolloutGraph
from vla_rollout.graph.ros.node_calls import NoAnswerError


class GraphEnvironment:
    """Lets time pass on a graph in which the policy moves the arm, and watches."""

    def __init__(
        self,
        graph: RolloutGraph,
        control: EpisodeControl,
        limit_ns: int,
        tell: Callable[[str], None],
    ) -> None:
        """Watch a graph from now on.

        Args:
            graph: the filter and the policy server are active.
            control: where the operator's orders come from.
            limit_ns: time limit of an episode, by the graph's clock [ns].
            tell: says to the operator why the arm stands, or is not filmed.
        """
        self._graph, self._control, self._tell = graph, control, tell
        # Simulated time may run slower than the clock on a loaded machine, but not for ever.
        self._patience_s = 60.0 + 20.0 * limit_ns / NS_PER_S
        self._deadline_s = time.monotonic() + self._patience_s
        self._said: tuple[str, ...] = ('', '')

    def advance(self) -> Situation:
        """Look at the graph once more.

        Raises:
            NoAnswerError: the episode does not end.
            GraphError, OtherPolicyError, OSError: as `RolloutGraph.wait_until`.
        """
        if time.monotonic() > self._deadline_s:
            raise NoAnswerError(self._patience_s, 'the end of the episode')
        self._graph.look()
        if commander := self._control.take_commander():
            self._tell(self._graph.give_arms(commander))
        monitor, status = self._graph.monitor, self._graph.monitor.status
        self._say(stopped_line(status), monitor.bad_image and f'not filmed: {monitor.bad_image}')
        return Situation(
            self._graph.now_ns(),
            monitor.success,
            monitor.failure,
            status.stop_cause if status else '',
            self._control.order,
        )

    def _say(self, *news: str) -> None:
        """Say what a person should know, once."""
        for line, before in zip(news, self._said, strict=True):
            if line and line != before:
                self._tell(line)
        self._said = news
