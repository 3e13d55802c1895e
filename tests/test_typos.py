"""A misspelt name: one sentence with the right one, status 2, and nothing is left behind."""

from collections.abc import Callable
from pathlib import Path

import pytest
from vla_contract.cli.vla import main
from vla_contract.share import find_config

PANDA, WORLD = find_config('robots', 'panda_2f85'), find_config('worlds', 'lift_cube')
BESIDE = find_config('worlds', 'calibrate_beside')
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
        (f'{RUN} --robot panda_2f8', 'did you mean panda_2f85?'),
        (f'{RUN} --world lift_cub', 'did you mean lift_cube?'),
        (f'{RUN} --randomization tutoral', 'did you mean tutorial?'),
        ('sim run --sweep tutorial:object_mas', 'did you mean object_mass?'),
        ('sim run --backend scriptd', 'did you mean scripted?'),
        ('sim run --precision opnvino', 'did you mean openvino?'),
        ('sim run --device cudaa', 'allowed: cpu'),
        ('sim run --policy panda_lift_atc', 'did you mean panda_lift_act?'),
        ('check policy panda_lift_atc', 'did you mean panda_lift_act?'),
        ('policy benchmark panda_lift_atc', 'did you mean panda_lift_act?'),
        ('policy serve --backend lerobt', 'did you mean lerobot?'),
        ('sim preview --world lift_cub', 'did you mean lift_cube?'),
    ],
)
def test_a_name_on_the_command_line(said, line, expected):
    assert expected in said(line)


@pytest.mark.parametrize(
    ('option', 'source', 'right', 'wrong', 'expected'),
    [
        ('robot', PANDA, 'deadlines:', 'deadlnes:', 'did you mean deadlines?'),
        ('robot', PANDA, 'velocity: 2.61', 'velocty: 2.61', 'did you mean velocity?'),
        ('robot', PANDA, 'encoding: rgb8', 'encoding: rbg8', 'allowed: rgb8 or bgr8'),
        ('robot', PANDA, 'model_joint: joint3', 'model_joint: jiont3', 'did you mean joint3?'),
        ('robot', PANDA, 'panda_joint6,\n', 'panda_joit6,\n', 'missing panda_joint6'),
        ('robot', PANDA, 'package: gym_hil', 'package: gym_hill', 'not found: gym_hill'),
        ('robot', PANDA, 'base_body: link0', 'base_body: lnk0', 'did you mean link0?'),
        ('robot', PANDA, 'body: link6', 'body: lnk6', 'did you mean link6?'),
        ('robot', PANDA, 'tool_site: pinch', 'tool_site: pinchh', 'did you mean pinch?'),
        ('robot', PANDA, 'fingers_actuator', 'fingers_actator', 'did you mean fingers_actuator?'),
        ('robot', PANDA, 'right_pad1', 'right_pda1', 'did you mean right_pad1?'),
        ('robot', PANDA, '[gripper, elbow]', '[gripper, elbw]', 'did you mean elbow?'),
        ('robot', PANDA, 'points: [tool]', 'points: [tol]', 'did you mean tool?'),
        ('world', WORLD, 'task: lift_cube', 'task: lift_cbe', 'allowed: lift_cube or'),
        ('world', WORLD, 'pad_friction', 'pad_frction', 'did you mean pad_friction?'),
        ('world', WORLD, 'name: top', 'name: topp', 'unknown topp (expected: top)'),
        ('world', BESIDE, 'samples/beside', 'samples/besid', 'did you mean samples/beside?'),
    ],
)
def test_a_name_in_a_file(said, tmp_path, option, source, right, wrong, expected):
    text = source.read_text()
    assert right in text
    path = tmp_path / 'mine.yaml'
    path.write_text(text.replace(right, wrong))
    assert expected in said(f'{RUN} --{option} {path}')


def test_a_name_of_a_file(said, tmp_path):
    Path('mine.yaml').write_text(PANDA.read_text())
    assert 'did you mean mine.yaml?' in said(f'{RUN} --robot ./mne.yaml')


@pytest.mark.parametrize('workers', [1, 2])
def test_a_name_that_a_worker_process_finds(said, workers):
    line = f'rollout learn-thresholds --backend hold --world lift_cub --workers {workers}'
    assert 'did you mean lift_cube?' in said(f'{line} --output ./healthy.json')


def test_a_run_that_is_not_there(said):
    assert 'run not found: rns' in said('rollout report ./rns')
