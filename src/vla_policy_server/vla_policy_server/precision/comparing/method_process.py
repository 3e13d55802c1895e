"""A process per method: its memory is its own, and a crash of a runtime is one row's news."""

from dataclasses import dataclass
import gc
import multiprocessing
from multiprocessing.connection import Connection
import os
from pathlib import Path
import sys
from typing import Any, Protocol

from vla_contract.errors import PolicyError, VlaError
from vla_contract.values import Vector
from vla_policy_server.precision.candidate import Candidate
from vla_policy_server.precision.comparing.memory import forget_peak, gpu_used_bytes, peak_bytes
from vla_policy_server.precision.comparing.timing import time_calls

_WARM_UP = 5


class Job(Protocol):
    """What a process is given; it can be pickled."""

    @property
    def device(self) -> str:
        """The torch device it runs on."""
        ...

    def load(self) -> Candidate:
        """Load the method to measure."""
        ...


@dataclass(frozen=True)
class Report:
    """What a method left behind.

    Attributes:
        actions: shape (frames, T, D), or None where there is nothing to compare.
        size_bytes: size of the weights or the graph.
        peak_bytes: largest resident size of the process while it computed.
        gpu_bytes: GPU memory it took, None on a CPU.
        folder: where graphs of these weights are kept; only the reference tells.
    """

    actions: Vector | None
    size_bytes: int
    peak_bytes: int
    gpu_bytes: int | None
    folder: Path | None


class MethodProcess:
    """Parent's side; use it as a context manager."""

    def __init__(self, job: Job) -> None:
        """Start loading.

        The process is spawned, not forked: CUDA and thread pools do not survive a fork.
        """
        context = multiprocessing.get_context('spawn')
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, job), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> 'MethodProcess':
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def wait(self) -> None:
        """Wait until the method is loaded and warm.

        Raises:
            PolicyError: it cannot run here; says why.
        """
        self._receive()

    def time(self, repeats: int) -> list[int]:
        """Time some chunks [ns].

        Raises:
            PolicyError: the process died or the method failed.
        """
        durations: list[int] = self._ask(repeats)
        return durations

    def report(self) -> Report:
        """Compute the judging frames and return what there is to know.

        Raises:
            PolicyError: the process died or the method failed.
        """
        report: Report = self._ask(None)
        return report

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        self._process.terminate()
        self._process.join()

    def _ask(self, message: int | None) -> Any:
        try:
            self._connection.send(message)
        except BrokenPipeError:
            raise self._death() from None
        return self._receive()

    def _receive(self) -> Any:
        try:
            answer = self._connection.recv()
        except (EOFError, ConnectionResetError):
            raise self._death() from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _death(self) -> PolicyError:
        self._process.join()
        return PolicyError(f'its process died with exit code {self._process.exitcode}')


def _serve(connection: Connection, job: Job) -> None:
    """Child's side: answer until the parent hangs up."""
    _silence()
    try:
        _answer(connection, job)
    except (EOFError, BrokenPipeError):
        return
    except VlaError as error:
        connection.send(PolicyError(str(error)))
    except Exception as error:  # noqa: BLE001 - whatever a runtime raises is this row's result
        text = ' '.join(str(error).split())[:300]
        connection.send(PolicyError(f'{type(error).__name__}: {text}'))


def _answer(connection: Connection, job: Job) -> None:
    gpu_before = gpu_used_bytes(job.device)
    candidate = job.load()
    for _ in range(_WARM_UP):
        candidate.predict()
    gc.collect()
    forget_peak()
    connection.send('loaded')
    gpu_after = gpu_used_bytes(job.device)
    gpu_bytes = None if gpu_before is None or gpu_after is None else gpu_after - gpu_before
    while True:
        repeats = connection.recv()
        if repeats is not None:
            connection.send(time_calls(candidate.predict, repeats, job.device))
            continue
        peak = peak_bytes()
        actions = candidate.actions() if candidate.actions else None
        connection.send(Report(actions, candidate.size_bytes, peak, gpu_bytes, candidate.folder))


def _silence() -> None:
    """Keep exporters and runtimes, some of which write from C, out of the user's terminal."""
    sys.stdout.flush()
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
