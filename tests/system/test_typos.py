"""A misspelt name: one sentence with the right one, status 2, and nothing is left behind."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.own_files import own_deployment
from vla_contract.cli.vla import main

RUN = 'sim run --episodes 1 --backend hold'


@pytest.fixture
def said(tmp_path, monkeypatch, capsys) -> Callable[[str], str]:
    """Run a command in an empty folder, and return the one sentence it ends with."""
    monkeypatch.chdir(tmp_path)

    def run(line: str) -> str:
        try:
            status = main(line.split())
        except SystemExit as error:
            status = error.code
        assert status == 2
        output = capsys.readouterr()
        (sentence,) = [x for x in output.err.splitlines() if x.startswith('error: ')]
        assert 'Traceback' not in output.err
        assert not (tmp_path / 'runs').exists()
        return sentence

    return run


@pytest.mark.parametrize(
    ('line', 'expected'),
    [
        ('simm run', 'did you mean sim?'),
        ('sim rum', 'did you mean run?'),
        ('camera hand-eye --sqare-mm 25', 'did you mean --square-mm?'),
        (f'{RUN} --mode asinc', "choose from 'sync', 'async', 'rtc'"),
        (f'{RUN} --deployment panda_lift_cub', 'did you mean panda_lift_cube?'),
        (f'{RUN} --cell panda_tabel', 'did you mean panda_table?'),
        (f'{RUN} --task lift_cub', 'did you mean lift_cube?'),
        (f'{RUN} --randomization tutoral', 'did you mean tutorial?'),
        ('sim run --sweep tutorial:object_mas', 'did you mean object_mass?'),
        ('sim run --backend scriptd', 'did you mean scripted?'),
        ('sim run --precision opnvino', 'did you mean openvino?'),
        ('sim run --device cudaa', 'allowed: cpu'),
        ('sim run --policy panda_lift_atc', 'did you mean panda_lift_act?'),
        ('check policy panda_lift_atc', 'did you mean panda_lift_act?'),
        ('policy benchmark panda_lift_atc', 'did you mean panda_lift_act?'),
        ('policy serve --backend lerobt', 'did you mean lerobot?'),
        ('sim preview --task lift_cub', 'did you mean lift_cube?'),
    ],
)
def test_a_name_on_the_command_line(said, line, expected):
    assert expected in said(line)


@pytest.mark.parametrize(
    ('word', 'right', 'wrong', 'expected'),
    [
        ('cell', 'deadlines:', 'deadlnes:', 'did you mean deadlines?'),
        ('robot', 'velocity: 2.61', 'velocty: 2.61', 'did you mean velocity?'),
        ('cell', 'encoding: rgb8', 'encoding: rbg8', 'allowed: rgb8 or bgr8'),
        ('robot', 'model_joint: joint3', 'model_joint: jiont3', 'did you mean joint3?'),
        (
            'robot',
            'panda_joint6, panda_joint7]',
            'panda_joit6, panda_joint7]',
            'missing panda_joint6',
        ),
        ('robot', 'package: gym_hil', 'package: gym_hill', 'not found: gym_hill'),
        ('robot', 'base_body: link0', 'base_body: lnk0', 'did you mean link0?'),
        ('robot', 'body: link6', 'body: lnk6', 'did you mean link6?'),
        ('robot', 'site: pinch', 'site: pinchh', 'did you mean pinch?'),
        ('robot', 'fingers_actuator', 'fingers_actator', 'did you mean fingers_actuator?'),
        ('robot', 'right_pad1', 'right_pda1', 'did you mean right_pad1?'),
        ('robot', '[gripper, elbow]', '[gripper, elbw]', 'did you mean elbow?'),
        ('robot', 'pad_friction', 'pad_frction', 'did you mean pad_friction?'),
        ('robot', 'kind: gripper', 'kind: griper', 'allowed: arm or gripper'),
        ('cell', 'points: [tool]', 'points: [tol]', 'did you mean tool?'),
        ('cell', 'name: top', 'name: topp', "camera 'top' is not in cell panda_table"),
        ('cell', 'eye_m', 'eye', 'did you mean eye_m?'),
        ('cell', './robot.yaml', './robt.yaml', 'did you mean robot.yaml?'),
        ('task', 'goal: {lifted', 'goal: {liftd', 'did you mean lifted?'),
        ('task', 'lifted: {object: cube', 'lifted: {object: cbe', 'did you mean cube?'),
        ('task', 'area: cube', 'area: cub', 'did you mean cube?'),
        ('task', 'shape: box', 'shape: bxo', 'allowed: box or cylinder'),
        ('task', 'home_jitter_rad', 'home_jiter_rad', 'did you mean home_jitter_rad?'),
        ('deployment', 'policy: panda', 'polcy: panda', 'did you mean policy?'),
        ('deployment', 'panda_lift_act', 'panda_lift_atc', 'did you mean panda_lift_act?'),
    ],
)
def test_a_name_in_a_file(said, tmp_path, word, right, wrong, expected):
    own = own_deployment(tmp_path, **{word: (right, wrong)})
    assert expected in said(f'{RUN} --deployment {own}')


@pytest.mark.parametrize(
    ('override', 'expected'),
    [
        ('cell.cameras.tpo.rate_hz: 30.0', 'did you mean top?'),
        ('cell.cameras.top.placement: {calibration: samples/besid}', 'mean samples/beside?'),
        ('robt.servo.damping: 1.0', 'a path from robot., cell.'),
    ],
)
def test_a_name_in_an_override(said, tmp_path, override, expected):
    own = own_deployment(tmp_path)
    with Path(own).open('a') as file:
        file.write(f'overrides:\n  {override}\n')
    assert expected in said(f'{RUN} --deployment {own}')


def test_a_name_of_a_file(said, tmp_path):
    own_deployment(tmp_path)
    assert 'did you mean deployment.yaml?' in said(f'{RUN} --deployment ./deploymnt.yaml')


@pytest.mark.parametrize('workers', [1, 2])
def test_a_name_that_a_worker_process_finds(said, workers):
    line = f'rollout learn-thresholds --backend hold --task lift_cub --workers {workers}'
    assert 'did you mean lift_cube?' in said(f'{line} --output ./healthy.json')


def test_a_real_robot_wants_a_person_who_judges(said, tmp_path):
    own = own_deployment(tmp_path, deployment=('schema: 1', 'schema: 1\nreal: true'))
    assert 'operator: found none; allowed: the person' in said(f'rollout run --deployment {own}')


def test_a_run_that_is_not_there(said):
    assert 'run not found: rns' in said('rollout report ./rns')
