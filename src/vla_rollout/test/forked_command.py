"""Commands forked from a process that has imported what they need: their start takes longest.

What one does and how it ends is its own, to the end of its interpreter; that it starts from
nothing is seen where a test starts `python -m`. This module is that process, and `Forkery` asks:

    python forked_command.py MODULE...   # imports these, then forks at every line that it reads
"""

from collections.abc import Callable, Sequence
import importlib
import json
import os
from pathlib import Path
import runpy
import signal
import subprocess
import sys
import threading
from typing import Any


class ForkedCommand:
    """One command; as far as tests ask, a subprocess.Popen."""

    def __init__(self, pid: int, ended: Callable[[float | None], int | None]) -> None:
        self.pid, self._ended = pid, ended

    def poll(self) -> int | None:
        return self._ended(0.0)

    def wait(self, timeout: float | None = None) -> int:
        status = self._ended(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Forkery:
    """The process that commands are forked from; ends with this one."""

    def __init__(self, *modules: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._news = threading.Condition()
        self._pids: list[int] = []
        self._statuses: dict[int, int] = {}
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def start(self, words: Sequence[str], log: Path) -> ForkedCommand:
        """Start `python WORDS`, a script or -m and a module, with its output in a file."""
        asked = {
            'words': list(words),
            'log': str(log),
            'folder': str(Path.cwd()),
            'environment': dict(os.environ),
        }
        assert self._process.stdin is not None
        with self._news:
            before = len(self._pids)
            self._process.stdin.write(json.dumps(asked) + '\n')
            self._process.stdin.flush()
            assert self._news.wait_for(lambda: len(self._pids) > before, 60.0)
            pid = self._pids[-1]
        return ForkedCommand(pid, lambda timeout_s: self._status(pid, timeout_s))

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(60.0)
        self._thread.join()

    def _status(self, pid: int, timeout_s: float | None) -> int | None:
        with self._news:
            self._news.wait_for(lambda: pid in self._statuses, timeout_s)
            return self._statuses.get(pid)

    def _read(self) -> None:
        for line in self._process.stdout:
            kind, pid, *status = line.split()
            with self._news:
                if kind == 'began':
                    self._pids.append(int(pid))
                else:
                    self._statuses[int(pid)] = int(status[0])
                self._news.notify_all()


def serve() -> dict[str, Any] | None:
    """Fork at every line; return what was asked for in the forked process, None at the end."""

    def reap(*_: object) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            os.write(1, f'ended {pid} {os.waitstatus_to_exitcode(status)}\n'.encode())

    signal.signal(signal.SIGCHLD, reap)
    for line in sys.stdin:
        # What ends at once must not be told before it has begun.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            return json.loads(line)
        os.write(1, f'began {pid}\n'.encode())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    return None


def become(words: list[str], log: str, folder: str, environment: dict[str, str]) -> None:
    """Run a command in this process, as the interpreter does."""
    for number, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        opened = os.open(path, flags, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    os.dup2(1, 2)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - it lasts as long as the process
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if words[0] == '-m':
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name='__main__', alter_sys=True)
    else:
        sys.argv = words
        sys.path.insert(0, str(Path(words[0]).parent))
        runpy.run_path(words[0], run_name='__main__')


if __name__ == '__main__':
    for name in sys.argv[1:]:
        importlib.import_module(name)
    wanted = serve()
    if wanted is not None:
        become(**wanted)
