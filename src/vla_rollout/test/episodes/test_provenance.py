import argparse
from dataclasses import replace

from vla_contract.cameras.calibration_file import find_calibration, load_calibration
from vla_contract.deployment.deployment import load_deployment
from vla_policy_server.identity.identify import identity_of
from vla_rollout.episodes.provenance import place_of, provenance, recorded_settings

DEPLOYMENT = load_deployment('panda_lift_cube')
CELL = DEPLOYMENT.cell
GIVEN = {
    'deployment': 'panda_lift_cube', 'cell': '', 'policy': '', 'task': '', 'backend': 'lerobot'
}  # fmt: skip


def test_every_camera_is_told_with_its_calibration():
    known = load_calibration(find_calibration('panda_table', 'top')).id
    new = replace(CELL.cameras[0], name='wrist')
    cell = replace(CELL, cameras=(*CELL.cameras, new))
    assert known
    assert place_of(cell).calibration_ids == {'top': known, 'wrist': ''}


def test_a_record_names_the_deployment_and_every_part_of_it():
    effort = load_deployment('panda_lift_cube_effort', backend='hold')
    facts = provenance(effort, identity_of(effort), 'wide')
    names = {
        'deployment': 'panda_lift_cube_effort',
        'robot': 'panda_2f85',
        'cell': 'panda_table',
        'task': 'lift_cube',
        'policy': 'panda_lift_act',
        'backend': 'hold',
        'randomization': 'wide',
    }
    assert facts.items() >= names.items()
    plain = provenance(DEPLOYMENT, identity_of(DEPLOYMENT), 'none')
    assert len({'', facts['policy_sha256'], plain['policy_sha256']}) == 3
    assert plain['identity']['sha256'] == plain['policy_sha256']


def test_a_record_of_a_run_says_what_is_served_whatever_the_deployment_names():
    served = identity_of(load_deployment(backend='hold'))
    facts = provenance(DEPLOYMENT, served, 'none')
    assert (facts['backend'], facts['policy_sha256']) == ('hold', served.sha256)
    settings = recorded_settings(argparse.Namespace(**GIVEN), DEPLOYMENT, served, {'backend': ''})
    assert (settings['backend'], settings['policy_sha256']) == ('hold', served.sha256)
    assert settings['given']['backend'] == 'lerobot'


def test_another_servo_is_another_robot_and_another_backend_another_deployment():
    effort = load_deployment('panda_lift_cube_effort', backend='hold')
    facts = provenance(effort, identity_of(effort), 'none')
    plain = provenance(DEPLOYMENT, identity_of(DEPLOYMENT), 'none')
    assert facts['cell_sha256'] != plain['cell_sha256'] == CELL.sha256
    assert facts['deployment_sha256'] != plain['deployment_sha256'] == DEPLOYMENT.sha256


def test_a_place_that_was_looked_at_is_not_looked_at_again(monkeypatch):
    """Compiling a description takes a second, in which nobody would watch the arm."""
    place = place_of(DEPLOYMENT.cell)
    monkeypatch.setattr('vla_rollout.episodes.provenance.description_sha256', None)
    facts = provenance(DEPLOYMENT, identity_of(DEPLOYMENT), 'none', place)
    assert facts['description_sha256'] == place.description_sha256 != ''
