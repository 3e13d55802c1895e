"""The emergency stop, pressed while the arm moves: does it stop, stay stopped, and let go?"""

import numpy as np
from rclpy.publisher import Publisher
from std_msgs.msg import Bool
from trajectory_msgs.msg import JointTrajectory
from vla_calibration.joint_trajectory import chunk_of, excitation_of
from vla_contract.ros.joint_conversion import chunk_to_msg
from vla_contract.ros.qos import COMMAND, LATCHED
from vla_contract.values import to_ns
from vla_rollout.preflight.finding import Finding, measured, unknown
from vla_rollout.ros.preflight_graph import PreflightGraph

# A stop from such a sway is over in a few cycles; a second is what a person calls at once.
_STANDSTILL_S = 1.0
_STILL_RAD = 1e-3
_SWAY_RAD, _SWAY_S = 0.05, 2.0
_ITEM = 'emergency stop of the filter'
_ALLOWED = f'at rest within {_STANDSTILL_S:g} s, latched until reset'


def check_e_stop(graph: PreflightGraph) -> Finding:
    """Sway one joint, press in mid-motion, and see that the arm stops, stays and is reset."""
    if not graph.positions:
        return unknown(_ITEM, 'no joint_states', _ALLOWED, 'start the driver of the robot')
    if graph.count_publishers('policy_chunk') > 0:
        why = 'policy_chunk has a publisher: the policy server must not run'
        return unknown(_ITEM, why, _ALLOWED, 'stop or deactivate the policy server')
    chunks = graph.create_publisher(JointTrajectory, 'policy_chunk', COMMAND)
    e_stop = graph.create_publisher(Bool, 'e_stop', LATCHED)
    try:
        if not _sway(graph, chunks):
            why = f'the arm did not move; the filter says: {graph.filter_says or "nothing"}'
            fix = 'start the action filter; after a stop, call action_filter/reset'
            return unknown(_ITEM, why, _ALLOWED, fix)
        return _press(graph, e_stop)
    finally:
        graph.destroy_publisher(chunks)
        graph.destroy_publisher(e_stop)


def _sway(graph: PreflightGraph, chunks: Publisher) -> bool:
    """Move the last joint of the arm; returns in mid-motion, or False when it does not move."""
    contract, start = graph.contract, graph.positions[-1][1]
    joint = contract.joint_names[contract.arm[-1]]
    sway = excitation_of(contract, start, [joint], _SWAY_RAD, _SWAY_S)
    begin_ns = graph.now_ns()

    def moved() -> bool:
        chunk = chunk_of(sway, begin_ns, graph.now_ns(), contract.action.fps, 1.0)
        chunks.publish(chunk_to_msg(chunk, contract.joint_names))
        return bool(np.abs(graph.positions[-1][1] - start).max() > _SWAY_RAD / 2)

    return graph.spin_until(moved, 3 * _SWAY_S + 5.0)


def _press(graph: PreflightGraph, e_stop: Publisher) -> Finding:
    """Press, measure until the arm rests, release, and reset."""
    pressed_ns = graph.now_ns()
    e_stop.publish(Bool(data=True))
    graph.spin_until(lambda: graph.now_ns() - pressed_ns > to_ns(2 * _STANDSTILL_S), 10.0)
    after = [(stamp_ns, q) for stamp_ns, q in graph.positions if stamp_ns >= pressed_ns]
    moving = [stamp_ns for stamp_ns, q in after if np.abs(q - after[-1][1]).max() > _STILL_RAD]
    stop_s = (moving[-1] - pressed_ns) / 1e9 if moving else 0.0
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
