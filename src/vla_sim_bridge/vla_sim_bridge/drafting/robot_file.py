"""The file of a drafted robot: every limit with its source, everything guessed marked so."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from vla_contract.cli.yaml_text import block, flow, number, remarked, rows
from vla_sim_bridge.drafting.draft import Draft
from vla_sim_bridge.drafting.limits import Value
from vla_sim_bridge.drafting.servo import slide_gains
from vla_sim_bridge.drafting.shape.links import Hand

_LIMITS = ('velocity', 'acceleration', 'jerk', 'effort')


def robot_text(name: str, model: Mapping[str, Any], draft: Draft) -> str:
    """Return the YAML of a drafted robot.

    Args:
        name: of the robot.
        model: the section `model`, without mimics.
        draft: what was worked out.
    """
    names = joint_names(draft)
    lines = [*_head(name, model, draft), 'schema: 2', f'name: {flow(name)}', '', 'joints:']
    for joint, called in names.items():
        lines += _joint(draft, joint, called)
    lines += ['', 'groups:', *rows(_groups(draft, names), 2)]
    lines += ['', 'tools:']
    for hand in draft.hands:
        lines += _tool(draft, hand)
    lines += [
        '',
        'geometry:                   # what keeps its distance from walls and from itself',
    ]
    lines += [
        '  control_points:           # spheres on links; the fingers in their widest position'
    ]
    lines += rows((_shape(point) for point in draft.points), 4)
    lines += [
        '  capsules:                 # around the shapes that the description has for contacts'
    ]
    lines += rows((asdict(link.capsule) for link in draft.links), 4)
    if draft.pairs:
        lines += ['  self_collision:           # what can meet, and is apart at home']
        lines += [f'    - {flow(pair)}' for pair in draft.pairs]
    lines += ['', 'rates:', '  filter_hz: 100.0', '  joint_states_hz: 100.0']
    lines += ['', *_model(model, draft), '', *_servo(draft), '']
    return '\n'.join(lines)


def joint_names(draft: Draft) -> dict[int, str]:
    """Return the names of the commanded joints: those of the model, without the prefix of a part.

    Where that makes two the same, the prefix stays.
    """
    full = {joint: draft.tree.name(joint) for joint in draft.limits}
    short = {joint: name.rsplit('/', 1)[-1] for joint, name in full.items()}
    if len(set(short.values())) == len(short):
        return short
    return {joint: name.replace('/', '_') for joint, name in full.items()}


def _head(name: str, model: Mapping[str, Any], draft: Draft) -> list[str]:
    files = [model, *model.get('parts', ())]
    paths = [str(f.get('urdf') or f.get('xacro') or f.get('mjcf')) for f in files]
    lines = [
        f'# {name}, drafted by `vla draft robot` from {" + ".join(paths)}.',
        '# Beside each limit stands where it is from; look at the guessed ones before it moves.',
    ]
    if draft.left_out:
        lines += [f'# Not commanded: {", ".join(draft.left_out)}.']
    for hand, home in zip(draft.hands, draft.homes, strict=True):
        arm = f'{hand.arm.name} arm' if hand.arm.name else 'arm'
        remark = '' if home.looks_down_deg < 6.0 else ', as far as it can'
        lines += [
            f'# Home: the tool of the {arm} is {home.looks_down_deg:.0f} deg from straight down'
            f'{remark}; links and table are {1e3 * home.gap_m:.0f} mm apart or more.'
        ]
    return lines


def _joint(draft: Draft, joint: int, name: str) -> list[str]:
    limits = draft.limits[joint]
    # Rounded inwards, so that no position that is written lies beyond an end.
    lower, upper = limits.lower.number + 5e-7, limits.upper.number - 5e-7
    home = min(max(draft.home[joint], lower), upper)
    values: list[tuple[str, str, str]] = [
        ('type', limits.type, ''),
        ('lower', number(lower), _note(limits.lower)),
        ('upper', number(upper), _note(limits.upper)),
        *((what, number(getattr(limits, what).number, 4), _note(getattr(limits, what)))
          for what in _LIMITS),
        ('home', number(home), ''),
        ('model_joint', flow(draft.tree.name(joint)), ''),
    ]  # fmt: skip
    if limits.type == 'prismatic' and any(joint in hand.arm.joints for hand in draft.hands):
        gains = slide_gains(limits)
        values += [('stiffness', number(gains.stiffness, 3), 'N/m; guessed: full effort at 1 cm')]
        values += [('damping', number(gains.damping, 3), 'N s/m; guessed: as the other joints')]
    for hand in draft.hands:
        if hand.arm.gripper and hand.arm.gripper.leader == joint and hand.grasp:
            is_upper = hand.grasp.closed == limits.upper.number
            values += [('closed_at', 'upper' if is_upper else 'lower', '')]
            values += [
                ('opening_m', number(hand.grasp.opening_m, 4), 'from the shape of its tips')
            ]
    lines = [f'  - name: {flow(name)}']
    return lines + [remarked(key, value, note, 4) for key, value, note in values]


def _note(value: Value) -> str:
    return value.note


def group_names(hand: Hand) -> tuple[str, str]:
    """Return what the groups of an arm and of its gripper are called."""
    prefix = f'{hand.arm.name}_' if hand.arm.name and not hand.arm.name.isdigit() else ''
    number_ = hand.arm.name if hand.arm.name.isdigit() else ''
    return f'{prefix}arm{number_}', f'{prefix}gripper{number_}'


def _groups(draft: Draft, names: Mapping[int, str]) -> list[dict[str, Any]]:
    grouped: list[dict[str, Any]] = []
    own = [joint for hand in draft.hands for joint in hand.arm.own]
    shared = dict.fromkeys(j for h in draft.hands for j in h.arm.joints if j not in own)
    if shared:
        grouped.append({'name': 'torso', 'joints': [names[joint] for joint in shared]})
    for hand in draft.hands:
        arm, gripper = group_names(hand)
        if hand.arm.own:
            grouped.append({'name': arm, 'joints': [names[joint] for joint in hand.arm.own]})
        if hand.arm.gripper:
            joints = [names[hand.arm.gripper.leader]]
            grouped.append({'name': gripper, 'kind': 'gripper', 'joints': joints})
    return grouped


def _tool(draft: Draft, hand: Hand) -> list[str]:
    tool, model = hand.tool, draft.tree.model
    arm, gripper = group_names(hand)
    prefix = f'{hand.arm.name}_' if hand.arm.name else ''
    kind = 'gripper' if hand.arm.gripper else 'flange'
    frame = tool.frame if tool.frame.startswith(prefix) else f'{prefix}{tool.frame}'
    values: dict[str, Any] = {'name': f'{prefix}{kind}', 'frame': frame}
    if tool.site:
        values['site'] = tool.site
    else:
        values['body'] = tool.body
        if tool.position.any():
            values['position_m'] = tool.position.round(4).tolist()
        if abs(tool.rpy_deg).max() > 1e-3:
            values['rpy_deg'] = tool.rpy_deg.round(2).tolist()
    values |= {'approach': tool.approach, 'closing': tool.closing, 'group': arm}
    if hand.arm.gripper:
        values['gripper'] = gripper
        if hand.arm.gripper.actuator >= 0:
            values['actuator'] = model.actuator(hand.arm.gripper.actuator).name
    if hand.grasp:
        values['finger_bodies'] = [model.body(body).name for body in hand.grasp.fingers]
    return block(values, 2)


def _shape(point: Any) -> dict[str, Any]:
    values = asdict(point)
    return {key: value for key, value in values.items() if key != 'radius' or value}


def _model(model: Mapping[str, Any], draft: Draft) -> list[str]:
    lines = ['model:']
    for key, value in model.items():
        if key == 'parts':
            lines += ['  parts:', *rows(value, 4)]
        else:
            lines += [f'  {key}: {flow(value)}']
    if draft.mimics:
        lines += ['  mimics:                   # guessed: fingers close together']
        lines += rows((asdict(mimic) for mimic in draft.mimics), 4)
    return lines


def _servo(draft: Draft) -> list[str]:
    gains = [
        ('stiffness', draft.gains.stiffness, 'Nm/rad; guessed: full effort at 0.05 rad'),
        ('damping', draft.gains.damping, 'Nm s/rad; guessed: 0.08 s behind a steady motion'),
    ]
    if draft.gains.friction is not None:
        remark = "Nm; guessed: the model's is more than its joints can give"
        gains += [('friction', draft.gains.friction, remark)]
    lines = ['servo:                      # of the simulated robot, for its own controller']
    return lines + [remarked(key, number(value, 3), note, 2) for key, value, note in gains]
