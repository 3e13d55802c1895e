import json
import socket

import pytest
from vla_contract.check import Status
from vla_rollout.doctor.machine import (
    check_dds_profile,
    check_port,
    check_shared_memory,
    check_workspace,
)
from vla_rollout.doctor.ros.doctor import main


def test_a_machine_that_runs_these_tests_has_what_is_needed(tmp_path, capsys):
    status = main(['--runs', str(tmp_path), '--json', str(tmp_path / 'doctor.json')])
    items = json.loads((tmp_path / 'doctor.json').read_text())['items']
    found = {item['name']: item['status'] for item in items}
    assert {'Python', 'packages', 'rclpy', 'rendering', 'workspace'} <= {
        name for name, state in found.items() if state == 'ok'
    }
    assert status == (1 if 'fail' in found.values() else 0)
    assert len(capsys.readouterr().out.splitlines()) == len(items) + 1


def test_what_is_missing_is_said_with_what_helps(tmp_path, monkeypatch):
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    workspace = check_workspace()
    assert workspace.status is Status.FAIL
    assert workspace.fix == 'make setup; . ./env.sh'
    monkeypatch.setenv('FASTRTPS_DEFAULT_PROFILES_FILE', str(tmp_path / 'gone.xml'))
    assert check_dds_profile().status is Status.FAIL
    monkeypatch.delenv('FASTRTPS_DEFAULT_PROFILES_FILE')
    assert check_dds_profile().status is Status.WARN
    assert check_shared_memory(tmp_path / 'shm').fix == 'docker run --shm-size=2g'


@pytest.mark.parametrize('is_taken', [False, True])
def test_a_taken_port_is_a_remark(is_taken):
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        port = server.getsockname()[1]
        if is_taken:
            server.listen()
        else:
            server.close()
        assert check_port(port).status is (Status.WARN if is_taken else Status.OK)
