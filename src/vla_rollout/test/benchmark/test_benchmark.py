import json
import subprocess

import numpy as np
import pytest
from vla_contract.errors import PolicyError, UnknownNameError
from vla_policy_server.precision.comparing.comparison import Comparison
from vla_policy_server.precision.comparing.method_process import Report
from vla_policy_server.precision.evidence import best_precision
from vla_policy_server.precision.registry import PRECISIONS
from vla_rollout.benchmark import benchmark as command
from vla_rollout.benchmark import closed_loop_success as closed_loop


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """Stand in for the processes: onnx twice as fast, bf16 three times but 2 % off."""
    still = np.zeros((1, 1, 8))
    reports = {
        'fp32': Report(still, 40, 100, None, tmp_path),
        'onnx': Report(still + 1e-6, 40, 100, None, None),
        'bf16': Report(still + 0.02, 20, 100, None, None),
    }
    durations = {'fp32': [6_000_000] * 5, 'onnx': [3_000_000] * 5, 'bf16': [2_000_000] * 5}
    found = Comparison(durations, reports, {'nf4': 'no bitsandbytes'})
    monkeypatch.setattr(command, 'measure', lambda *_: found)
    return tmp_path


def test_methods_are_named_in_the_registrys_order_and_begin_with_the_reference():
    assert command.parse_methods('openvino,bf16', 'onnx') == ['fp32', 'bf16', 'onnx', 'openvino']
    assert command.parse_methods('all', '') == list(PRECISIONS)
    with pytest.raises(UnknownNameError, match="method 'fp8' is not in the benchmark"):
        command.parse_methods('fp8', '')


def test_the_result_is_printed_and_written(measured, tmp_path, capsys):
    files = ['--json', str(tmp_path / 'a.json'), '--markdown', str(tmp_path / 'a.md')]
    assert command.main(['panda_lift_act', *files]) == 0
    printed = capsys.readouterr().out
    assert (tmp_path / 'a.md').read_text() == printed
    assert 'nf4 could not run: no bitsandbytes' in printed
    assert 'fastest accepted method: onnx' in printed
    content = json.loads((tmp_path / 'a.json').read_text())
    rows = {row['method']: row for row in content['methods']}
    assert content['fastest'] == 'onnx'
    assert rows['onnx']['accepted']
    assert not rows['bf16']['accepted']
    assert rows['nf4']['measurement'] is None
    assert rows['onnx']['measurement']['latency']['p50_ms'] == pytest.approx(3.0)
    assert rows['onnx']['measurement']['frequency_hz'] == pytest.approx(333.33, rel=1e-3)


def test_auto_takes_what_was_accepted(measured):
    command.main(['panda_lift_act', '--methods', 'fp32,onnx'])
    assert best_precision(measured, 'cpu') == 'fp32', 'some methods are no verdict on the others'
    command.main(['panda_lift_act'])
    assert best_precision(measured, 'cpu') == 'onnx'


@pytest.mark.parametrize(('required', 'status'), [('onnx', 0), ('bf16', 1), ('nf4', 1)])
def test_a_required_method_that_is_not_accepted_is_status_1(measured, required, status):
    assert command.main(['panda_lift_act', '--require', required]) == status


def test_a_checkpoint_that_does_not_load_is_one_sentence(monkeypatch, capsys):
    nothing = Comparison(absent={'fp32': "checkpoint './nothing' not found"})
    monkeypatch.setattr(command, 'measure', lambda *_: nothing)
    assert command.main(['./nothing']) == 2
    assert capsys.readouterr().err == "error: checkpoint './nothing' not found\n"


def test_the_full_openvla_shape_asks_for_an_accelerator(capsys):
    assert command.main(['openvla-7b-shape']) == 2
    assert 'needs an accelerator: found --device cpu; allowed: cuda' in capsys.readouterr().err


def test_success_is_what_the_simulator_counted_at_the_measured_latency(monkeypatch):
    calls = []

    def simulate(command, **_):
        calls.append(command)
        summary = {'successes': 9, 'episodes': 10, 'wilson_95': [0.6, 0.98]}
        with open(command[command.index('--json') + 1], 'w') as file:
            json.dump(summary, file)
        return subprocess.CompletedProcess(command, 0, '', '')

    monkeypatch.setattr(subprocess, 'run', simulate)
    found = closed_loop.closed_loop_success({'policy': 'act'}, 'onnx', 'cpu', 10, 0.0123)
    assert (found.successes, found.rate, found.lower, found.upper) == (9, 0.9, 0.6, 0.98)
    values = (('--policy', 'act'), ('--precision', 'onnx'), ('--latency-s', '0.0123'))
    for name, value in values:
        assert calls[0][calls[0].index(name) + 1] == value


def test_a_simulator_that_does_not_finish_is_quoted(monkeypatch):
    failed = subprocess.CompletedProcess([], 2, '', 'error: no EGL\n')
    monkeypatch.setattr(subprocess, 'run', lambda *_, **__: failed)
    with pytest.raises(PolicyError, match='did not finish: error: no EGL'):
        closed_loop.closed_loop_success({'policy': 'act'}, 'onnx', 'cpu', 10, 0.01)
