import pytest
from vla_contract.errors import ContractError

ARM = '[waist, shoulder, elbow, forearm_roll, wrist_angle, wrist_rotate]'


@pytest.mark.parametrize(
    ('arm', 'gripper', 'message'),
    [
        ('unit: m', '', 'unit: found m for waist, which is revolute; allowed: rad, deg'),
        ('', 'unit: deg', 'unit: found deg for left_finger, which is prismatic; allowed: m, mm'),
        ('unit: grad', '', 'found .grad. .*; allowed: .*rad or deg or m or mm'),
        ('unit: deg, map: {lower: 0, upper: 1}', '', 'found unit or scale beside map'),
        ('scale: 2, map: {lower: 0, upper: 1}', '', 'found unit or scale beside map'),
        ('scale: 0', '', 'scale: found 0'),
        ('map: {}', '', 'map: found nothing; allowed: lower and upper, or closed and open'),
        ('map: {lower: -100}', '', 'map: found lower; allowed: lower and upper'),
        ('', 'map: {lower: 0, upper: 1, open: 1}', 'map: found lower, upper, open; allowed'),
        ('map: {lower: 1, upper: 1}', '', 'map: found 1 and 1; allowed: two different numbers'),
        ('map: {closed: 0, open: 1}', '', 'found closed and open for waist, .*left_finger'),
        ('map: {lower: 0, upper: 1, range: [2, 2]}', '', r'range: found \[2.0, 2.0\]; allowed'),
        ('map: {lower: 0, upper: 1, range: [1]}', '', 'map.range: found'),
        ('map: {lower: 0, upper: 1}, sign: -1', '', "sign or zero with the robot's own limits"),
        ('sign: [1, -1]', '', r'state\[0\].sign: found 2 numbers; allowed: one, or 6 for waist'),
        ('sign: 2', '', r'sign: found \[2.0\]; allowed: 1 or -1'),
        ('zero: [0, 0]', '', 'zero: found 2 numbers; allowed: one, or 6'),
        ('zero: .nan', '', 'zero.*: found nan'),
        ('quantity: joint_velocity', '', 'state: found joint_velocity; allowed: joint_position'),
        ('preset: aloha, unit: deg', '', 'preset aloha: found more beside it; allowed: joints'),
        ('preset: so100', '', "preset 'so100' is not in those of states; .*so101_degrees"),
        ('preset: bridge', '', "preset 'bridge' is not in those of states; it has: .*libero"),
        ('map: {lower: 0, upper: 1, calibration: none.json}', '', 'motor calibration not found'),
    ],
)
def test_what_contradicts_itself_or_its_joint_is_refused(written, arm, gripper, message):
    says = f'state:\n  - {{joints: {ARM}, {arm}}}\n  - {{joints: [left_finger], {gripper}}}\n'
    with pytest.raises(Exception, match=message) as error:
        written(says)
    assert 'found' in str(error.value) or 'it has' in str(error.value)


@pytest.mark.parametrize(
    ('action', 'message'),
    [
        ('quantity: joint_velocity, zero: 1', 'zero: found it with quantity joint_velocity'),
        (
            'quantity: end_effector_delta, end_effector: {}, unit: deg',
            'found unit, scale, map, sign or zero with end_effector_delta; allowed: end_effector',
        ),
    ],
)
def test_moves_have_no_zero_and_those_of_the_tool_no_units(written, action, message):
    with pytest.raises(ContractError, match=message):
        written(f'action: [{{{action}}}]\n', 'panda_table')


@pytest.mark.parametrize(
    ('says', 'message'),
    [
        ('preset: aloha\nstate: [{unit: rad}]\naction: [{unit: rad}]', 'beside state and action'),
        ('preset: bridge', r'found bridge, .*; allowed: action: \[{preset: bridge}\], .*aloha'),
    ],
)
def test_a_preset_of_the_file_says_state_or_action(written, says, message):
    with pytest.raises(ContractError, match=message):
        written(says)
