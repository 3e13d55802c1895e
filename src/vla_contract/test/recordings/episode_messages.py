"""Messages of an episode, for recordings."""

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.recordings.testing import header, joint_state, joint_trajectory
from vla_contract.values import ActionChunk

MS = 1_000_000


def joints(cell: Cell, ms: int, shift: float = 0.0) -> dict:
    return joint_state(ms * MS, cell.joint_names, cell.home + shift)


def image(ms: int, value: int = 0) -> dict:
    data = bytes((value + k) % 256 for k in range(4 * 4 * 3))
    return {
        'header': header(ms * MS, 'optical'), 'height': 4, 'width': 4, 'encoding': 'rgb8',
        'step': 12, 'data': data,
    }  # fmt: skip


def episode(cell: Cell, space: str = '') -> list:
    """Return one message of every kind, and joint states at 100 Hz, as (time, topic, message)."""
    camera = cell.cameras[0].topic
    chunk = ActionChunk(20 * MS, 100 * MS, cell.home + 0.01 * np.arange(3)[:, None])
    status = {
        'level': 0, 'name': 'action_filter', 'message': 'hold: no chunk: yet',
        'values': [{'key': 'state', 'value': 'ACTIVE'}],
    }  # fmt: skip
    pose = {'position': {'x': 0.3}, 'orientation': {'x': 0.0, 'y': 0.0, 'z': 1.0, 'w': 0.0}}
    asked = joint_state(60 * MS, cell.joint_names, cell.home, cell.home + 1.0)
    found = [(ms * MS, 'joint_states', joints(cell, ms, 1e-3 * ms)) for ms in range(0, 200, 10)]
    found += [
        (1 * MS, 'instruction', {'data': 'lift the cube'}),
        (2 * MS, 'e_stop', {'data': True}),
        (3 * MS, 'speed_scale', {'data': 0.5}),
        (4 * MS, 'sim/success', {'data': False}),
        (21 * MS, 'policy_chunk', joint_trajectory(chunk, cell.joint_names)),
        (31 * MS, 'policy_action', {
            'positions': cell.home.tolist(), 'time_from_start': {'sec': 0, 'nanosec': 7},
        }),
        (41 * MS, f'{camera}/image_raw', image(40)),
        (51 * MS, 'action_filter/action', joint_state(60 * MS, cell.joint_names, cell.home + 0.5)),
        (52 * MS, 'action_filter/desired', asked),
        (53 * MS, 'action_filter/desired', joint_state(70 * MS, cell.joint_names, [])),
        (54 * MS, 'action_filter/status', status),
        (55 * MS, 'sim/target_pose', {'header': header(55 * MS), 'pose': pose}),
        (56 * MS, 'fault', {'data': 'jump'}),
    ]  # fmt: skip
    return [(log_ns, f'{space}/{topic}', message) for log_ns, topic, message in sorted(
        found, key=lambda each: each[0]
    )]  # fmt: skip
