from pathlib import Path
import subprocess

import pytest
from vla_contract.errors import PolicyError
from vla_rollout.benchmark.simulated_frames import record_frames


def test_a_simulator_that_fails_is_quoted_and_leaves_nothing(tmp_path, monkeypatch):
    failed = subprocess.CompletedProcess([], 2, '', 'noise\nerror: no EGL\n')
    monkeypatch.setattr(subprocess, 'run', lambda *_, **__: failed)
    with pytest.raises(PolicyError, match=r'\(error: no EGL\); give a dataset with --frames'):
        record_frames({'deployment': 'panda_lift_cube'}, tmp_path)
    assert not list(tmp_path.iterdir())


def test_frames_are_recorded_once(tmp_path, monkeypatch):
    def record(command, **_):
        Path(command[command.index('--output') + 1]).mkdir()
        return subprocess.CompletedProcess(command, 0, '', '')

    monkeypatch.setattr(subprocess, 'run', record)
    root = record_frames({'deployment': 'panda_lift_cube'}, tmp_path)
    monkeypatch.setattr(subprocess, 'run', None)
    assert record_frames({'deployment': 'panda_lift_cube'}, tmp_path) == root
