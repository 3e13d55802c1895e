"""What the page shows: the newest of every stream, as plain values."""

import base64
from collections.abc import Callable
import threading
import time
from typing import Any

import cv2
import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import FilterStatus
from vla_contract.values import ActionChunk, Image, NS_PER_S, Vector
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.web.stream_rates import StreamRates

# Nodes repeat what is wrong every second; what was said once, such as an alarm of the diagnosis,
# must stay long enough to be read.
_ALARM_S = 30.0
# Good enough to see what the arm does; a 640x480 image takes 40 kB.
_JPEG_QUALITY = 75
_UNITS = {'revolute': 'rad', 'prismatic': 'm'}


class LiveView:
    """Observes cycles, images and alarms; any thread may ask for the newest state.

    Attributes:
        instruction: what the policy is told to do.
        rates: counts cameras, joint_states and policy_chunk.
        ended: why nothing new comes any more, '' while it does; shown as an alarm that stays.
    """

    def __init__(self, cell: Cell, now_s: Callable[[], float] = time.monotonic) -> None:
        """Start empty.

        Args:
            cell: its robot and cameras.
            now_s: clock that says how old things are [s].
        """
        self._cell = cell
        self._now_s = now_s
        self._lock = threading.Lock()
        self._images: dict[str, Image] = {}
        self._alarms: dict[str, tuple[float, str, str]] = {}
        self._status: FilterStatus | None = None
        self._answer: dict[str, float] = {}
        self.rates = StreamRates(now_s)
        self.instruction = self.ended = ''
        self.restart()

    def restart(self) -> None:
        """Forget the cycles of the last episode."""
        self._cycle: Cycle | None = None
        self._seen_s = 0.0
        self._chunk: ActionChunk | None = None

    def see_cycle(self, cycle: Cycle) -> None:
        """Take the newest cycle of the filter."""
        self._cycle, self._seen_s = cycle, self._now_s()

    def see_chunk(self, chunk: ActionChunk) -> None:
        """Take a chunk that the filter took."""
        self._chunk = chunk

    def see_status(self, status: FilterStatus) -> None:
        """Take what the filter says of itself."""
        self._status = status

    def see_answer(self, age_s: float, chunk: ActionChunk) -> None:
        """Take a chunk of the policy as it comes, so old [s]; it may be refused."""
        allowed_s = len(chunk.positions) * chunk.period_ns / NS_PER_S
        self._answer = {'age_s': age_s, 'allowed_s': allowed_s}

    def see_image(self, camera: str, image: Image) -> None:
        """Take the newest image of a camera, shape (H, W, 3), RGB."""
        self._images[camera] = image

    def see_alarm(self, source: str, level: str, text: str) -> None:
        """Store the error text of a node; it expires 30 s after its last update."""
        with self._lock:
            self._alarms[source] = (self._now_s(), level, text)

    def clear_alarm(self, source: str) -> None:
        """Remove the error text of a node."""
        with self._lock:
            self._alarms.pop(source, None)

    def about(self) -> dict[str, Any]:
        """Return what does not change: names, and limits and units of joints."""
        joints = self._cell.joints
        return {
            'robot': self._cell.robot.name,
            'cameras': [camera.name for camera in self._cell.cameras],
            'joints': [
                {'name': j.name, 'lower': j.lower, 'upper': j.upper, 'unit': _UNITS[j.type]}
                for j in joints
            ],
        }

    def state(self) -> dict[str, Any]:
        """Return the newest state; an entry that is not known yet is None.

        Joints are in the cell's order [rad or m]; `chunk` lies from `chunk_start_s` on, relative
        to the cycle, in steps of `chunk_period_s`; `age_s` is the age of the cycle on arrival [s].
        `answer` has the age of the newest answer of the policy and how long its chunk plays [s].
        """
        cycle, chunk = self._cycle, self._chunk
        state: dict[str, Any] = {
            'instruction': self.instruction,
            'images': {name: _data_url(image) for name, image in list(self._images.items())},
            'alarms': self._own_alarm() + self._recent_alarms(),
            'rates': self.rates.facts(),
            'answer': self._answer,
            **self._filter_facts(),
        }
        if cycle is None:
            return {**state, 'cycle': None}
        state['cycle'] = {
            'age_s': self._now_s() - self._seen_s,
            'time_s': cycle.now_ns / NS_PER_S,
            'verdict': cycle.verdict.name.lower(),
            'reason': cycle.reason,
            'raw': _plain(cycle.desired.position if cycle.desired else None),
            'filtered': _plain(cycle.command),
            'measured': _plain(cycle.joints.position),
        }
        if chunk is not None and cycle.desired is not None:
            state |= {
                'chunk': [_plain(step) for step in chunk.positions],
                'chunk_start_s': (chunk.stamp_ns - cycle.desired.plan_ns) / NS_PER_S,
                'chunk_period_s': chunk.period_ns / NS_PER_S,
            }
        return state

    def _filter_facts(self) -> dict[str, Any]:
        """Return the share of full speed in use, and the groups that a human commands."""
        status = self._status
        if status is None or status.verdict is None:
            return {'speed': None, 'human': []}
        speed = round(status.plan.rate, 2) if status.plan else None
        return {'speed': speed, 'human': list(status.human)}

    def _own_alarm(self) -> list[dict[str, Any]]:
        if not self.ended:
            return []
        return [{'source': 'web_monitor', 'level': 'error', 'text': self.ended, 'age_s': 0.0}]

    def _recent_alarms(self) -> list[dict[str, Any]]:
        """Return alarms, the newest first."""
        now_s = self._now_s()
        with self._lock:
            self._alarms = {k: a for k, a in self._alarms.items() if now_s - a[0] <= _ALARM_S}
            alarms = sorted(self._alarms.items(), key=lambda item: -item[1][0])
        return [
            {'source': source, 'level': level, 'text': text, 'age_s': now_s - said_s}
            for source, (said_s, level, text) in alarms
        ]


def _plain(vector: Vector | None) -> list[float | None] | None:
    """Return numbers that JSON has; what is not finite becomes None."""
    if vector is None:
        return None
    return [round(float(x), 5) if np.isfinite(x) else None for x in vector]


def _data_url(image: Image) -> str:
    bgr = np.ascontiguousarray(image[:, :, ::-1])
    _, data = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return 'data:image/jpeg;base64,' + base64.b64encode(data.tobytes()).decode('ascii')
