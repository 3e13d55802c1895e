"""One episode on a running graph, under the orders of an operator."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
import math
from pathlib import Path
import time
from typing import Any

from vla_contract.values import NS_PER_S, to_ns
from vla_rollout.diagnosis.alarm import Alarm
from vla_rollout.diagnosis.diagnosis import diagnosed
from vla_rollout.episodes.control import EpisodeControl, Order, Phase
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.episodes.episode_loop import drive, termination_by
from vla_rollout.episodes.latch import latch_sentence
from vla_rollout.episodes.ros.graph_environment import GraphEnvironment
from vla_rollout.episodes.video import VideoWriter
from vla_rollout.graph.ros.graph import RolloutGraph
from vla_rollout.graph.ros.node_calls import GraphError

# The diagnosis hears topics in a thread of its own, on a loaded machine a little later.
_LATE_S = 0.5


@dataclass(frozen=True)
class _Ending:
    """How an episode ended: by itself, by an order, or both when the label came afterwards.

    Attributes:
        termination: as in `EpisodeResult`.
        stop_cause: as in `EpisodeResult`.
        order: the operator's last order, None without one.
        running_ns: how long it ran, pauses left out [ns].
        time_ns: when, by the clock of the graph [ns].
    """

    termination: str
    stop_cause: str
    order: Order | None
    running_ns: int
    time_ns: int


class EpisodeRunner:
    """Resets, runs until something or somebody ends the episode, and brings the arm to rest.

    Without a simulator the operator is asked: to place the object and say start, and to label
    what has ended by itself.
    """

    def __init__(
        self,
        graph: RolloutGraph,
        control: EpisodeControl,
        time_limit_s: float,
        fps: float,
        tell: Callable[[str], None],
        is_attended: bool = False,
    ) -> None:
        """Prepare for a graph whose nodes are ready.

        Args:
            graph: the running graph.
            control: where the operator's orders come from.
            time_limit_s: an episode ends after this much time of the graph [s].
            fps: frame rate of the videos [Hz].
            tell: says to the operator what is awaited.
            is_attended: somebody is there to say when a simulated arm may go on that somebody
                stopped; else such a stop ends the run.
        """
        self._is_attended = is_attended
        self._graph, self._control, self._tell = graph, control, tell
        self._limit_ns = to_ns(time_limit_s)
        self._fps = fps

    def run(
        self, seed: int, video: Path | None, record_as: Mapping[str, Any] | None = None
    ) -> EpisodeResult | None:
        """Run one episode; None when the operator stopped the run before it began.

        Args:
            seed: seed of the simulator's reset, or number of the scene.
            video: file for the frames of the first camera, or None.
            record_as: what the recording says beside the outcome; None records nothing.
        """
        graph = self._graph
        self._control.enter(Phase.BUSY)
        graph.motion.pause()
        manifest = graph.reset_world(seed) if graph.has_simulator else {}
        if not self._may_start():
            return None
        if record_as is not None:
            graph.recorder.start()
        with VideoWriter(video, self._fps) if video else nullcontext() as writer:
            graph.monitor.begin(writer)
            graph.failed_inferences.begin()
            try:
                if graph.diagnosis:
                    graph.diagnosis.begin()
                ending = self._drive()
                success = graph.monitor.success
                if graph.diagnosis:
                    graph.diagnosis.cease(ending.time_ns)
                graph.motion.pause()
                alarms = self._alarms()
            except BaseException:
                # Before anything else, such as the end of a video on a disk that is full.
                graph.rest()
                raise
            finally:
                # Images go on coming, also while an interrupted rollout brings the arm to rest.
                graph.monitor.end()
        ending = self._labelled(ending)
        truth = success if graph.has_simulator else None
        result = diagnosed(self._result(seed, ending, truth, manifest), alarms)
        if ending.order is Order.DISCARD:
            return self._forget(result, video, record_as)
        if video:
            result = replace(result, video=f'videos/{video.name}')
        if record_as is None:
            return result
        recording = graph.recorder.stop({**record_as, **result.as_dict()})
        return replace(result, recording=recording.name)

    def _may_start(self) -> bool:
        """Arm the filter and return whether to begin; without a simulator, when told to."""
        while self._is_told_to_start():
            cause = self._graph.arm()
            if not cause:
                return True
            if self._graph.has_simulator:
                # The simulator has put the arm back; nobody is near it.
                if problem := self._graph.unlatch():
                    self._stands(f'{latch_sentence(cause)}: {problem}')
                continue
            self._graph.motion.pause()
            self._tell(latch_sentence(cause))
        return False

    def _stands(self, problem: str) -> None:
        """Wait for the start of who stopped a simulated arm.

        Raises:
            GraphError: nobody is there.
        """
        if not self._is_attended:
            raise GraphError(problem)
        self._graph.motion.pause()
        self._control.enter(Phase.READY)
        self._tell(f'{problem}; then start')
        self._next_order()

    def _is_told_to_start(self) -> bool:
        if self._graph.has_simulator:
            return not self._control.is_stopped
        self._control.enter(Phase.READY)
        self._tell('place the object, then start')
        return self._next_order() is Order.START

    def _drive(self) -> _Ending:
        """Let the policy move the arm until the episode ends."""
        graph, control = self._graph, self._control
        running_ns = 0
        while True:
            control.enter(Phase.RUNNING)
            begin_ns = graph.now_ns()
            graph.motion.resume()
            environment = GraphEnvironment(graph, control, self._limit_ns, self._tell)
            ending = drive(environment, begin_ns + self._limit_ns - running_ns)
            running_ns += ending.time_ns - begin_ns
            order = control.take()
            if order is Order.PAUSE:
                order = self._paused()
            if order is not Order.START:
                # The order may have come in a pause, or after the one that ended the motion.
                termination = termination_by(order) if order else ending.termination
                return _Ending(termination, ending.stop_cause, order, running_ns, ending.time_ns)

    def _alarms(self) -> list[Alarm]:
        """Return the alarms of the episode, once what was seen of its end has come."""
        diagnosis = self._graph.diagnosis
        if diagnosis is None:
            return []
        deadline_s = time.monotonic() + _LATE_S
        while not diagnosis.has_seen_end and time.monotonic() < deadline_s:
            self._graph.look()
        return diagnosis.end()

    def _paused(self) -> Order:
        """Keep the arm at rest until the next order."""
        self._graph.motion.pause()
        self._control.enter(Phase.PAUSED)
        self._tell('paused: start goes on')
        order = self._next_order()
        if order is Order.START and self._graph.diagnosis:
            self._graph.diagnosis.go_on()
        return order

    def _labelled(self, ending: _Ending) -> _Ending:
        """Ask for the label that only a person can give."""
        if ending.order is not None or self._graph.has_simulator:
            return ending
        self._control.enter(Phase.ENDED)
        self._tell(f'episode ended ({ending.termination}): success, failure or discard?')
        return replace(ending, order=self._next_order())

    def _next_order(self) -> Order:
        self._graph.wait_until(
            lambda: self._control.order is not None, math.inf, 'an order of the operator'
        )
        order = self._control.take()
        if order is None:
            raise RuntimeError('the order that was seen is gone')
        return order

    def _result(
        self, seed: int, ending: _Ending, truth: bool | None, manifest: dict[str, Any]
    ) -> EpisodeResult:
        monitor, failed = self._graph.monitor, self._graph.failed_inferences
        counters = monitor.counters()
        label = ending.order if ending.order in (Order.SUCCESS, Order.FAILURE) else None
        is_done = label is Order.SUCCESS if truth is None else truth
        had_help = counters.get('human_cycles', 0) > 0
        return EpisodeResult(
            seed=seed,
            success=is_done and not had_help,
            assisted=is_done and had_help,
            termination=ending.termination,
            stop_cause=ending.stop_cause,
            duration_s=ending.running_ns / NS_PER_S,
            interventions=counters.get('interventions', 0),
            chunks=monitor.chunks,
            chunk_latency_p50_ms=monitor.latency_ms(50),
            chunk_latency_p95_ms=monitor.latency_ms(95),
            filter_counters=counters,
            manifest=manifest,
            simulator_success=truth,
            operator_label=str(label) if label else None,
            failed_inferences=failed.count,
            inference_failure=failed.last,
            bad_images=monitor.bad_images,
            bad_image=monitor.bad_image,
            is_counted=ending.order not in (Order.DISCARD, Order.STOP),
        )

    def _forget(
        self,
        result: EpisodeResult,
        video: Path | None,
        record_as: Mapping[str, Any] | None,
    ) -> EpisodeResult:
        """Remove what was recorded; the row of the episode stays."""
        if video:
            video.unlink(missing_ok=True)
        if record_as is not None:
            self._graph.recorder.discard()
        return result
