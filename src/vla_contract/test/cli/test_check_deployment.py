import json

import pytest
from vla_contract.cli.check_deployment import main
from vla_contract.deployment.deployment import load_deployment


def test_it_says_what_a_deployment_is(tmp_path, capsys):
    path = tmp_path / 'parts.json'
    assert main(['--deployment', 'vx300s_lift_cube', '--json', str(path)]) == 0
    said = capsys.readouterr().out
    for text in ('vx300s_table', 'scripted', 'instruction: lift the cube', 'gripper (gripper)'):
        assert text in said
    parts = json.loads(path.read_text())
    expected = load_deployment('vx300s_lift_cube')
    assert list(parts) == ['deployment', 'robot', 'cell', 'policy', 'task']
    assert parts['deployment']['sha256'] == expected.sha256
    assert parts['cell']['sha256'] == expected.cell.sha256
    assert parts['robot']['joints'] == list(expected.cell.joint_names)


@pytest.mark.parametrize(
    ('words', 'meant'),
    [
        (['--deployment', 'vx300s_lift'], 'vx300s_lift_cube'),
        (['--task', 'lift_cub'], 'lift_cube'),
        (['--cell', 'vx300s_tabel'], 'vx300s_table'),
    ],
)
def test_a_wrong_part_is_one_sentence(words, meant, capsys):
    assert main(words) == 2
    assert f'did you mean {meant}?' in capsys.readouterr().err
