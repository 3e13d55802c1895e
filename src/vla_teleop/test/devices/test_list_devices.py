"""The table of devices agrees with LeRobot, and says what cures what is missing."""

import json
import sys

import pytest
from vla_contract.share import config_names
from vla_teleop.devices.device_file import KIND, load_device_file
from vla_teleop.devices.lerobot import catalogue
from vla_teleop.devices.lerobot.catalogue import KNOWN, Known
from vla_teleop.devices.lerobot.gives import given_by, Gives
from vla_teleop.devices.lerobot.teleoperator_class import known_types
from vla_teleop.devices.list_devices import main, rows


def test_every_teleoperator_of_the_installed_lerobot_is_known():
    theirs = {
        name for name, kind in known_types().items() if kind.__module__.startswith('lerobot.')
    }
    assert {known.type for known in KNOWN} == theirs


def test_a_leader_is_not_kept_waiting_for_the_packages_of_policies(monkeypatch):
    from lerobot.utils import import_utils

    flags = [f'_{package}_available' for package in ('transformers', 'diffusers', 'peft')]
    for flag in flags:
        monkeypatch.setattr(import_utils, flag, True)
    monkeypatch.delitem(sys.modules, 'lerobot.configs', raising=False)
    known_types()
    assert not any(getattr(import_utils, flag) for flag in flags)


@pytest.mark.parametrize('name', ['so101_leader', 'bi_so_leader', 'gamepad'])
def test_what_a_class_gives_is_what_its_actions_are(name):
    from lerobot.teleoperators import make_teleoperator_from_config

    kind = known_types()[name]
    if name == 'bi_so_leader':
        from lerobot.teleoperators.so_leader import SOLeaderConfig

        arms = {side: SOLeaderConfig(port='/dev/null') for side in ('left', 'right')}
        config = kind(left_arm_config=arms['left'], right_arm_config=arms['right'], id='x')
    else:
        config = kind(**({'port': '/dev/null'} if name != 'gamepad' else {}))
    found = given_by(make_teleoperator_from_config(config).action_features)
    assert found is next(known.gives for known in KNOWN if known.type == name)


def test_what_is_missing_is_cured_by_a_command_and_what_is_there_by_none(monkeypatch):
    monkeypatch.setattr(catalogue, 'find_spec', lambda name: None if name == 'pygame' else name)
    pad = Known('gamepad', Gives.DEFLECTION, ('pygame',), 'gamepad')
    assert pad.cure == "pip install 'lerobot[gamepad]==0.6.1'"
    assert Known('x', Gives.JOINTS, ('serial',), 'feetech').cure == ''


def test_every_shipped_file_is_read_and_stands_in_the_table():
    listed = ', '.join(row['files'] for row in rows())
    for name in config_names(KIND):
        assert load_device_file(name).name == name
        assert name in listed


def test_the_command_prints_the_table_and_writes_it(tmp_path, capsys):
    assert main(['--json', str(tmp_path / 'devices.json')]) == 0
    said = capsys.readouterr().out
    assert 'lerobot so101_leader' in said
    assert 'keyboard' in said
    written = json.loads((tmp_path / 'devices.json').read_text())
    assert len(written['devices']) > 20
