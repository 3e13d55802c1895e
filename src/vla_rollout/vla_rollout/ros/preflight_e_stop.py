"""The emergency stop, pressed while the arm moves: does it stop, stay stopped, and let go?"""

from collections import defaultdict

import numpy as np
from rclpy.publisher import Publisher
from std_msgs.msg import Bool
from trajectory_msgs.msg import JointTrajectory
from vla_calibration.joint_trajectory import chunk_of, excitation_of
from vla_contract.ros.graph_arguments import publishers_of
from vla_contract.ros.joint_conversion import chunk_to_msg
from vla_contract.ros.qos import COMMAND, LATCHED
from vla_contract.values import to_ns, Vector
from vla_rollout.preflight.finding import Finding, measured, unknown
from vla_rollout.ros.preflight_graph import PreflightGraph

# A stop from such a sway is over in a few cycles; a second is what a person calls at once.
_STANDSTILL_S = 1.0
_WATCHED_S = 2 * _STANDSTILL_S
_STILL_RAD = 1e-3
_TENTH_S = 0.1
_SWAY_RAD, _SWAY_S = 0.05, 2.0
_ITEM = 'emergency stop of the filter'
_ALLOWED = f'at rest within {_STANDSTILL_S:g} s, latched until reset'


def check_e_stop(graph: PreflightGraph) -> Finding:
    """Sway one joint, press in mid-motion, and see that the arm stops, stays and is reset."""
    if not graph.positions:
        return unknown(_ITEM, 'no joint_states', _ALLOWED, 'start the driver of the robot')
    if publishers_of(graph, 'policy_chunk') > 0:
        why = 'policy_chunk has a publisher: the policy server must not run'
        return unknown(_ITEM, why, _ALLOWED, 'stop or deactivate the policy server')
    chunks = graph.create_publisher(JointTrajectory, 'policy_chunk', COMMAND)
    e_stop = graph.create_publisher(Bool, 'e_stop', LATCHED)
    try:
        if not _sway(graph, chunks):
            why = f'the arm did not move; the filter says: {graph.filter_says or "nothing"}'
            fix = 'call supervisor/check; after a stop, action_filter/reset'
            return unknown(_ITEM, why, _ALLOWED, fix)
        return _press(graph, e_stop)
    finally:
        graph.destroy_publisher(chunks)
        graph.destroy_publisher(e_stop)


def _sway(graph: PreflightGraph, chunks: Publisher) -> bool:
    """Move the last joint of the arm; returns in mid-motion, or False when it does not move.

    It sways again and again: a filter that finds this publisher late has missed the first ones.
    """
    contract, start = graph.contract, graph.positions[-1][1]
    joint = contract.joint_names[contract.arm[-1]]
    sway = excitation_of(contract, start, [joint], _SWAY_RAD, _SWAY_S)
    first_ns, sway_ns = graph.now_ns(), to_ns(sway.duration_s)

    def moved() -> bool:
        now_ns = graph.now_ns()
        begin_ns = now_ns - (now_ns - first_ns) % sway_ns
        chunk = chunk_of(sway, begin_ns, now_ns, contract.action.fps, 1.0)
        chunks.publish(chunk_to_msg(chunk, contract.joint_names))
        return bool(np.abs(graph.positions[-1][1] - start).max() > _SWAY_RAD / 2)

    return graph.spin_until(moved, 3 * _SWAY_S + 5.0)


def _press(graph: PreflightGraph, e_stop: Publisher) -> Finding:
    """Press, measure until the arm rests, release, and reset."""
    pressed_ns = graph.now_ns()
    e_stop.publish(Bool(data=True))
    graph.spin_until(lambda: graph.now_ns() - pressed_ns > to_ns(_WATCHED_S), 10.0)
    after = [(stamp_ns, q) for stamp_ns, q in graph.positions if stamp_ns >= pressed_ns]
    stop_s = _time_to_rest_s(after, pressed_ns)
    is_latched = bool(after) and 'latched' in graph.filter_says
    e_stop.publish(Bool(data=False))
    stays = graph.spin_until(lambda: 'released' in graph.filter_says, 3.0)
    problem = graph.trigger('action_filter/reset')
    said = (
        f'at rest after {stop_s:.2f} s' if after else 'NO joint_states after it was pressed',
        'latched' if is_latched else 'NOT latched',
        'stays so when released' if stays else 'LEAVES when released',
        problem or 'reset',
    )
    holds = stop_s <= _STANDSTILL_S and is_latched and stays and not problem
    fix = 'check that the topic e_stop reaches the action filter'
    return measured(_ITEM, holds, ', '.join(said), _ALLOWED, fix)


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
