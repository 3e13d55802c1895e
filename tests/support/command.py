"""A program in a process of its own, whose output can be waited for."""

from pathlib import Path
import signal
import subprocess

import pytest
from support.waiting import wait_for


def written(log: Path) -> str:
    """Return what a process has written by now, which may end within a character."""
    return log.read_text(errors='replace')


def is_running(pid: int) -> bool:
    """Tell a running process from one that ended and that nobody has waited for."""
    try:
        state = Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in 'ZX'


def _restore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Command:
    """A running command whose output can be waited for."""

    def __init__(self, args: list[str], cwd: Path, environment: dict[str, str]) -> None:
        self.log = cwd / 'output.txt'
        self._file = self.log.open('wb')
        self.process = subprocess.Popen(
            args,
            cwd=cwd,
            stdout=self._file,
            stderr=subprocess.STDOUT,
            env=environment,
            # Whoever runs the tests in the background of a shell has SIGINT ignored, children too.
            preexec_fn=_restore_interrupt,
        )

    @property
    def output(self) -> str:
        return written(self.log)

    def wait_for_text(self, text: str, timeout_s: float = 300.0) -> None:
        wait_for(
            lambda: text in self.output or self.process.poll() is not None, timeout_s, repr(text)
        )
        assert text in self.output, self.output

    def children(self) -> dict[str, int]:
        """Return the stack's processes: module name to process id."""
        found = {}
        pid = self.process.pid
        for child in Path(f'/proc/{pid}/task/{pid}/children').read_text().split():
            words = Path(f'/proc/{child}/cmdline').read_bytes().decode().split('\0')
            if '-m' in words:
                found[words[words.index('-m') + 1].rsplit('.', 1)[-1]] = int(child)
        return found

    def finish(self, timeout_s: float = 300.0) -> int:
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            pytest.fail(f'still running after {timeout_s:g} s; it said:\n{self.output}')
        finally:
            self._file.close()
