import os
import signal
import subprocess
import sys
import threading
import time

from vla_contract.cli.progress import EVERY


def wait_until(condition, timeout_s: float = 120.0) -> None:
    deadline, pause = time.monotonic() + timeout_s, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, 'condition not met'
        pause.wait(0.02)


def exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_ctrl_c_leaves_no_worker_and_no_file(tmp_path):
    output, log = tmp_path / 'healthy.json', tmp_path / 'log'
    command = [
        sys.executable,
        '-m',
        'vla_rollout.diagnosis.learn_healthy',
        '--backend',
        'scripted',
    ]
    with log.open('wb') as stream:
        process = subprocess.Popen(
            [*command, '--workers', '2', '--output', str(output)],
            stdout=stream,
            stderr=stream,
            env=os.environ | {EVERY: '0'},
            start_new_session=True,
            # The shell of a background job ignores SIGINT, and so would what it starts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        wait_until(lambda: '1 of 50 episodes' in log.read_text() or process.poll() is not None)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60.0) == 130, log.read_text()
        assert 'Traceback' not in log.read_text()
        assert not output.exists()
        # The tracker of multiprocessing ends when the pipe to this process does.
        wait_until(lambda: not exists(process.pid), 20.0)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
