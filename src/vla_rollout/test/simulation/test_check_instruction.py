import json

import pytest
from vla_rollout.simulation.check_instruction import main
from vla_rollout.simulation.instruction_pairs import swapped, told

SCRIPTED = ['--backend', 'scripted', '--filter', 'off']


def test_every_target_is_swapped_for_another():
    targets = ('can', 'cube', 'mug')
    assert [swapped(targets, name) for name in targets] == ['cube', 'mug', 'can']


def test_telling_another_object_keeps_the_scene():
    manifest = {'seed': 3, 'values': {'can_x': 1, 'target': 'can', 'phrase': 'p'}}
    values = told(manifest, 'mug', 'lift the {target}')['values']
    assert values['can_x'] == 1
    assert values['target']['value'] == 'mug'
    assert values['phrase']['value'] == 'lift the {target}'
    assert manifest['values']['target'] == 'can'


@pytest.mark.parametrize('words', [[], ['--held-out']])
def test_the_expert_obeys_both_instructions_of_a_scene(tmp_path, words):
    path = tmp_path / 'result.json'
    arguments = [*SCRIPTED, '--episodes', '2', '--runs', str(tmp_path), '--json', str(path)]
    assert main([*arguments, *words]) == 0
    result = json.loads(path.read_text())
    assert result['as_drawn']['lifted'] == result['swapped']['lifted'] == {'named': 2}
    assert result['scenes_with_both_obeyed'] == 2
    drawn, swapped = (
        [episode['instruction'] for episode in result[way]['results']]
        for way in ('as_drawn', 'swapped')
    )
    assert all(
        a.replace('red', '?').replace('green', '?') == b.replace('red', '?').replace('green', '?')
        for a, b in zip(drawn, swapped, strict=True)
    )
    assert not set(drawn) & set(swapped)


@pytest.mark.parametrize('words', [[], ['--held-out']])
def test_the_shipped_policy_does_what_it_is_told(tmp_path, capsys, words):
    assert main(['--episodes', '2', '--runs', str(tmp_path), *words]) == 0
    assert 'both instructions obeyed in 2 of 2 scenes' in capsys.readouterr().out


def test_a_policy_that_lifts_nothing_is_not_good_enough(tmp_path, capsys):
    assert main(['--backend', 'hold', '--episodes', '1', '--runs', str(tmp_path)]) == 1
    assert 'named 0  other 0  nothing 1' in capsys.readouterr().out


def test_a_task_that_names_nothing_is_refused(tmp_path, capsys):
    assert main([*SCRIPTED, '--task', 'lift_cube', '--runs', str(tmp_path)]) == 2
    assert "task 'lift_cube' names no object" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
