import signal
import subprocess
import sys

import numpy as np
from openpi_client.websocket_client_policy import WebsocketClientPolicy
import pytest
from vla_policy_server.worker.policy_worker import main
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

MODULE = 'vla_policy_server.worker.policy_worker'


def test_a_worker_serves_until_it_is_told_to_end():
    command = [sys.executable, '-m', MODULE, '--port', '0', '--backend', 'hold']
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().decode().rpartition(':')[2])
        client = WebsocketClientPolicy('127.0.0.1', port)
        answer = client.infer({'observation.state': np.arange(8) / 10})
        assert answer['actions'][0] == pytest.approx(np.arange(8) / 10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60.0) == 0


def test_so_many_robots_can_connect_as_there_may_be_copies():
    command = [sys.executable, '-m', MODULE, '--port', '0', '--backend', 'hold']
    command += ['--max-policies', '2']
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().decode().rpartition(':')[2])
        clients = [connect(f'ws://127.0.0.1:{port}', legacy=True) for _ in range(2)]
        with pytest.raises(InvalidStatus, match='503'):
            connect(f'ws://127.0.0.1:{port}', legacy=True)
        for client in clients:
            client.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60.0) == 0


def test_a_worker_on_a_network_without_tls_warns(tmp_path):
    token = tmp_path / 'token'
    token.write_text('secret')
    token.chmod(0o600)
    command = [sys.executable, '-m', MODULE, '--port', '0', '--backend', 'hold']
    command += ['--host', '0.0.0.0', '--token-file', str(token)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert b'listening on ws://0.0.0.0:' in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60.0)
        assert process.returncode == 0
    assert b'host 0.0.0.0 without TLS' in said
    assert b'the token has 6 characters' in said


@pytest.mark.parametrize(
    ('arguments', 'reason'),
    [
        (['--backend', 'none'], "backend 'none' is not in vla_backends"),
        (['--host', '0.0.0.0'], 'there is no token'),
        (['--token-file', '/none'], 'token file /none cannot be read'),
        (['--tls-certificate', '/none', '--backend', 'hold'], 'certificate /none cannot be used'),
        (['--host', '203.0.113.1', '--token-file', 'TOKEN', '--backend', 'hold'], 'cannot listen'),
        (['--max-policies', '0'], '--max-policies: found 0; allowed: 1 or more'),
        (['--ray', 'local', '--replicas', '3:1'], "--replicas: found '3:1'; allowed: 2, or 1:4"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(monkeypatch, capsys, tmp_path, arguments, reason):
    token = tmp_path / 'token'
    token.write_text('secret')
    token.chmod(0o600)
    arguments = [str(token) if argument == 'TOKEN' else argument for argument in arguments]
    monkeypatch.setattr('sys.argv', [MODULE, *arguments])
    assert main() == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith('error: ')
    assert reason in said[0]
