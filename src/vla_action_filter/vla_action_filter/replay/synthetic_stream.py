"""A minute with every fault that a policy and its network produce, and harmless ones.

It answers two questions at once: does the filter stop when it must, and does it leave alone what
is merely untidy? A filter that fails the second gets switched off.
"""

import numpy as np
from vla_action_filter.replay.stream import Conflict, Event, Payload, Reset
from vla_contract.deployment.cell import Cell
from vla_contract.recordings.events import EStopEvent, FaultEvent, SpeedScaleEvent
from vla_contract.values import ActionChunk, JointSample, to_ns, Vector

_DURATION_S, _REPLAN_S, _LATENCY_S = 62.0, 0.4, 0.08
# Of each chunk.
_STEPS, _STEP_HZ = 16, 10.0
# Cause, start and end [s].
_FAULTS = (
    ('policy silent', 8.0, 13.0),
    ('not finite', 18.0, 22.0),
    ('jump', 27.0, 30.0),
    ('two publishers', 35.0, 38.0),
    ('e_stop', 55.0, 58.0),
)
# Untidy, but no reason to stop.
_JOINTS_MISSING_S = (42.0, 42.1)
_ONE_BAD_CHUNK_S = (45.0, 45.3)
_LATE_CHUNKS_S = (47.0, 47.9)
_SLOW_S = (50.0, 53.0)


def synthetic_stream(cell: Cell, seed: int = 0) -> list[Event]:
    """Return the events of the minute, in order of time.

    Args:
        cell: whose robot moves; the motion stays near its home.
        seed: seed of the policy's motion and of the bias of each of its chunks.
    """
    rng = np.random.default_rng(seed)
    amplitude = np.zeros(len(cell.joints))
    arm = np.array(cell.arm)
    amplitude[arm] = 0.2
    phases = rng.uniform(0.0, 2.0 * np.pi, len(cell.joints))
    rates = rng.uniform(1.5, 2.5, len(cell.joints))

    def path(time_s: float) -> Vector:
        place: Vector = cell.home + amplitude * (np.sin(rates * time_s + phases) - np.sin(phases))
        return place

    events = [*_joints(cell), *_labels()]
    for time_s in np.arange(0.5, _DURATION_S, _REPLAN_S).tolist():
        if _inside(time_s, _FAULTS[0][1:]) or _inside(time_s, _LATE_CHUNKS_S):
            continue
        times = time_s + np.arange(_STEPS) / _STEP_HZ
        positions = np.array([path(time) for time in times])
        # What makes seams: two inferences never agree.
        positions[:, arm] += rng.normal(0.0, 0.004, len(arm))
        if _inside(time_s, _FAULTS[1][1:]) or _inside(time_s, _ONE_BAD_CHUNK_S):
            positions[3, 0] = np.nan
        elif _inside(time_s, _FAULTS[2][1:]):
            positions[:, arm] += 2.0
        chunk = ActionChunk(to_ns(time_s), to_ns(1.0 / _STEP_HZ), positions)
        events.append(_event(time_s + _LATENCY_S, chunk))
    return sorted(events, key=lambda event: event.time_ns)


def _joints(cell: Cell) -> list[Event]:
    """Return measurements at rest; the replay puts the commanded position in their place."""
    zero = np.zeros(len(cell.joints))
    times = np.arange(0.0, _DURATION_S, 1.0 / cell.rates.joint_states_hz).tolist()
    return [
        _event(time_s, JointSample(to_ns(time_s), cell.home, zero))
        for time_s in times
        if not _inside(time_s, _JOINTS_MISSING_S)
    ]


def _labels() -> list[Event]:
    events = []
    for cause, start_s, end_s in _FAULTS:
        events += [_event(start_s, FaultEvent(cause)), _event(end_s, FaultEvent(''))]
    (_, together_s, apart_s), (_, pressed_s, released_s) = _FAULTS[3:]
    events += [
        _event(together_s, Conflict('policy_chunk has 2 publishers')),
        _event(apart_s, Conflict('')),
        _event(pressed_s, EStopEvent(True)),
        _event(released_s, EStopEvent(False)),
        _event(released_s + 0.01, Reset()),
        _event(_SLOW_S[0], SpeedScaleEvent(0.3)),
        _event(_SLOW_S[1], SpeedScaleEvent(1.0)),
    ]
    return events


def _event(time_s: float, payload: Payload) -> Event:
    return Event(to_ns(time_s), payload)


def _inside(time_s: float, interval: tuple[float, float]) -> bool:
    return interval[0] <= time_s < interval[1]
