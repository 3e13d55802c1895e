import json
import shutil

import pytest
from vla_contract.share import find_model
from vla_policy_server.self_test.check_policy import main


def test_the_shipped_policy_passes_and_the_result_is_written(tmp_path, capsys):
    assert main(['panda_lift_act', '--json', str(tmp_path / 'result.json')]) == 0
    assert 'no check failed' in capsys.readouterr().out
    result = json.loads((tmp_path / 'result.json').read_text())
    assert result['passed']
    assert result['checks']['golden frames']['status'] == 'ok'


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(find_model('panda_lift_act'), tmp_path / 'checkpoint')


def test_a_checkpoint_for_another_rate_ends_with_1(copy, capsys):
    manifest = json.loads((copy / 'vla_manifest.json').read_text())
    (copy / 'vla_manifest.json').write_text(json.dumps({**manifest, 'fps': 30.0}))
    assert main([str(copy)]) == 1
    assert 'trained at 30 Hz' in capsys.readouterr().out


def test_a_failed_check_ends_with_1_and_says_what_helps(copy, tmp_path, capsys):
    manifest = json.loads((copy / 'vla_manifest.json').read_text())
    names = manifest['action_names']
    manifest['action_names'] = [names[2], names[1], names[0], *names[3:]]
    (copy / 'vla_manifest.json').write_text(json.dumps(manifest))
    assert main([str(copy), '--json', str(tmp_path / 'result.json')]) == 1
    output = capsys.readouterr().out
    assert 'note  action: mapped by name' in output
    assert 'failed: golden frames' in output
    assert 'what helps: for the joint that is named' in output
    assert not json.loads((tmp_path / 'result.json').read_text())['passed']


def test_a_wrong_path_ends_with_2(capsys):
    assert main(['./nowhere']) == 2
    assert "checkpoint './nowhere' not found" in capsys.readouterr().err
