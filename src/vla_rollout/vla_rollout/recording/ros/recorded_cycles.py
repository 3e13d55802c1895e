"""The filter's cycles out of a recording, so that it can be diagnosed like a live episode."""

from pathlib import Path

from vla_action_filter.plan.paced_player import PacedPlayer
from vla_action_filter.verdict import Verdict
from vla_contract.deployment.cell import Cell
from vla_contract.values import ActionChunk, JointSample
from vla_rollout.episodes.cycle import Cycle, CycleObserver
from vla_rollout.recording.ros.recorded_episode import (
    CommandEvent,
    FilterStatusEvent,
    read_episode,
    SpeedScaleEvent,
)


class CycleJoiner:
    """Makes a cycle of every action the filter sent, from the newest of the other streams."""

    def __init__(self, cell: Cell, observer: CycleObserver, speed: float = 1.0) -> None:
        """Tell an observer of each cycle and chunk.

        Args:
            cell: its robot and cameras.
            observer: who is told.
            speed: share of the velocity limits in use until another is heard of.
        """
        self._observer = observer
        self._plan = PacedPlayer(cell)
        self._speed = speed
        self._joints: JointSample | None = None
        self._verdict, self._reason = Verdict.HOLD, ''

    def take(self, now_ns: int, payload: object) -> None:
        """Take a message of a recording or of the running graph."""
        match payload:
            case JointSample():
                self._joints = payload
            case FilterStatusEvent(verdict, reason):
                self._verdict, self._reason = verdict, reason
            case SpeedScaleEvent(speed):
                self._speed = speed
            case ActionChunk():
                played = self._plan.as_played(payload)
                if self._plan.offer(payload):
                    self._observer.see_chunk(played)
            case CommandEvent(command) if self._joints is not None:
                verdict, reason = self._verdict, self._reason
                sampled = self._plan.sample(now_ns, self._speed, verdict is Verdict.HOLD)
                (desired, desired_velocity), plan_ns = sampled or (None, None), self._plan.plan_ns
                self._observer.see_cycle(
                    Cycle(
                        now_ns,
                        desired,
                        desired_velocity,
                        command,
                        self._joints,
                        verdict,
                        reason,
                        plan_ns,
                    )
                )


def replay_cycles(path: Path, cell: Cell, observer: CycleObserver) -> None:
    """Show an observer a recorded episode.

    Raises:
        VlaError: the recording is damaged or of another robot.
    """
    observer.restart()
    joiner = CycleJoiner(cell, observer)
    for recorded in read_episode(path, cell, with_images=False):
        joiner.take(recorded.now_ns, recorded.payload)
