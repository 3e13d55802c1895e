"""The emergency stop, pressed while the arm moves: does it stop, stay stopped, and let go?

It is pressed through the operator's own device, whatever that is and however it publishes: a
publisher made here would show that the action filter hears preflight.
"""

from collections import defaultdict
from collections.abc import Callable

import numpy as np
from std_msgs.msg import Bool
from trajectory_msgs.msg import JointTrajectory
from vla_contract.check import Check, measured, skipped, Status
from vla_contract.joints.trajectory import chunk_of, excitation_of
from vla_contract.ros.messages.joints import chunk_to_msg
from vla_contract.ros.node.graph_arguments import publishers_of
from vla_contract.ros.qos import COMMAND, LATCHED
from vla_contract.ros.watcher import Watcher
from vla_contract.values import to_ns, Vector
from vla_rollout.preflight.ros.graph import PreflightGraph

# A stop from such a sway is over in a few cycles; a second is what a person calls at once.
_STANDSTILL_S = 1.0
_WATCHED_S = 2 * _STANDSTILL_S
_STILL_RAD = 1e-3
_TENTH_S = 0.1
_SWAY_RAD, _SWAY_S = 0.05, 2.0
_STEPS_HZ = 10.0
# To look up from the screen and find the button.
_PERSON_S = 60.0
_ITEM = 'emergency stop of the filter'
_ALLOWED = f'at rest within {_STANDSTILL_S:g} s, latched until reset'

Tell = Callable[[str], None]
Order = Callable[[], None]


def check_e_stop(graph: PreflightGraph, tell: Tell, from_here: bool = False) -> Check:
    """Sway one joint, have the stop pressed, and see that the arm stops, stays and is reset.

    Args:
        graph: the robot.
        tell: asks the operator to press and to release.
        from_here: press by a publisher of our own, for a robot whose operator has no device.
    """
    if not graph.positions:
        return skipped(_ITEM, 'no joint_states', _ALLOWED, 'start the driver of the robot')
    if publishers_of(graph, 'policy_chunk') > 0:
        why = 'policy_chunk has a publisher: the policy server must not run'
        return skipped(_ITEM, why, _ALLOWED, 'stop or deactivate the policy server')
    if from_here:
        publisher = graph.create_publisher(Bool, 'e_stop', LATCHED)
        try:
            finding = _check(
                graph,
                lambda: publisher.publish(Bool(data=True)),
                lambda: publisher.publish(Bool(data=False)),
            )
        finally:
            graph.destroy_publisher(publisher)
        status = Status.WARN if finding.status is Status.OK else finding.status
        found = f"{finding.found}; pressed by preflight, not by the operator's own device"
        return Check(_ITEM, status, found, _ALLOWED, finding.fix)
    if not graph.spin_until(lambda: publishers_of(graph, 'e_stop') > 0, 5.0):
        fix = 'start the node of your emergency stop; a robot without one: --e-stop-from-here'
        return measured(_ITEM, False, 'nothing publishes e_stop', _ALLOWED, fix)
    return _check(
        graph,
        lambda: tell(f'press your emergency stop now; the arm sways for {_PERSON_S:g} s'),
        lambda: tell('release your emergency stop'),
    )


class _Sway:
    """Moves the last joint of the arm to and fro, again and again.

    A filter that finds the publisher late has missed the first ones.
    """

    def __init__(self, graph: PreflightGraph) -> None:
        cell, self._start = graph.cell, graph.positions[-1][1]
        joint = cell.joint_names[cell.arm[-1]]
        self._graph = graph
        self._publisher = graph.create_publisher(JointTrajectory, 'policy_chunk', COMMAND)
        self._watcher = Watcher(graph, 'preflight')
        self._motion = excitation_of(cell, self._start, [joint], _SWAY_RAD, _SWAY_S)
        self._first_ns = graph.now_ns()

    def close(self) -> None:
        """Send nothing more."""
        self._graph.destroy_publisher(self._publisher)
        self._watcher.close()

    def moves(self) -> bool:
        """Send what is due; return whether the arm is away from where it began."""
        graph, cell = self._graph, self._graph.cell
        now_ns = graph.now_ns()
        begin_ns = now_ns - (now_ns - self._first_ns) % to_ns(self._motion.duration_s)
        chunk = chunk_of(self._motion, begin_ns, now_ns, _STEPS_HZ, 1.0)
        self._watcher.beat()
        self._publisher.publish(chunk_to_msg(chunk, cell.joint_names))
        return bool(np.abs(graph.positions[-1][1] - self._start).max() > _SWAY_RAD / 2)


def _check(graph: PreflightGraph, press: Callable[[], None], release: Callable[[], None]) -> Check:
    sway = _Sway(graph)
    try:
        if not graph.spin_until(sway.moves, graph.patience_s(3 * _SWAY_S + 5.0)):
            why = f'the arm did not move; the filter says: {_said(graph)}'
            fix = 'call supervisor/check; after a stop, action_filter/reset'
            return skipped(_ITEM, why, _ALLOWED, fix)
        graph.pressed_ns = 0
        press()

        def is_pressed() -> bool:
            sway.moves()
            return bool(graph.pressed_ns or _latch_cause(graph))

        if not graph.spin_until(is_pressed, _PERSON_S):
            why = f'not pressed within {_PERSON_S:g} s'
            return skipped(_ITEM, why, _ALLOWED, 'run it again, with your hand on the button')
        pressed_ns = graph.pressed_ns or graph.now_ns()

        def is_watched() -> bool:
            sway.moves()
            return graph.now_ns() - pressed_ns > to_ns(_WATCHED_S)

        graph.spin_until(is_watched, graph.patience_s(10.0))
    finally:
        sway.close()
    return _measure(graph, pressed_ns, release)


def _measure(graph: PreflightGraph, pressed_ns: int, release: Order) -> Check:
    """Measure how the arm came to rest, have the stop released, and reset."""
    after = [(stamp_ns, q) for stamp_ns, q in graph.positions if stamp_ns >= pressed_ns]
    stop_s = _time_to_rest_s(after, pressed_ns)
    is_latched = bool(after) and 'e_stop' in _latch_cause(graph)
    release()
    # What did not latch is not released either.
    stays = is_latched and graph.spin_until(lambda: 'released' in _said(graph), _PERSON_S)
    problem = graph.trigger('action_filter/reset')
    said = (
        f'at rest after {stop_s:.2f} s' if after else 'NO joint_states after it was pressed',
        'latched' if is_latched else f'NOT latched by it; the filter says: {_said(graph)}',
        'stays so when released' if stays else 'NOT seen to be released',
        problem or 'reset',
    )
    holds = stop_s <= _STANDSTILL_S and is_latched and stays and not problem
    fix = 'check that the topic e_stop reaches the action filter'
    return measured(_ITEM, holds, ', '.join(said), _ALLOWED, fix)


def _said(graph: PreflightGraph) -> str:
    return graph.filter_status.message if graph.filter_status else 'nothing'


def _latch_cause(graph: PreflightGraph) -> str:
    return graph.filter_status.latch_cause if graph.filter_status else ''


def _time_to_rest_s(samples: list[tuple[int, Vector]], pressed_ns: int) -> float:
    """Return when the last tenth of a second with motion in it ended [s]; 0 without any.

    A tenth of a second is taken together, so that the noise of an encoder is not motion; what
    came after the last whole one is left out.
    """
    tenths = defaultdict(list)
    for stamp_ns, position in samples:
        if stamp_ns - pressed_ns < to_ns(_WATCHED_S):
            tenths[(stamp_ns - pressed_ns) // to_ns(_TENTH_S)].append(position)
    if not tenths:
        return 0.0
    places = {tenth: np.mean(positions, axis=0) for tenth, positions in tenths.items()}
    rest = places[max(places)]
    moving = [k for k, place in places.items() if np.abs(place - rest).max() > _STILL_RAD]
    return (moving[-1] + 1) * _TENTH_S if moving else 0.0
