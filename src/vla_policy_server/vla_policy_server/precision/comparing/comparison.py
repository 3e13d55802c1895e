"""Measures methods side by side, so that whatever disturbs the machine disturbs them all."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from vla_contract.errors import PolicyError
from vla_policy_server.precision.comparing.method_process import Job, MethodProcess, Report

# Chunks a method computes in a row before it is the next one's turn.
_BURST = 5

Progress = Callable[[], object]


@dataclass(frozen=True)
class Comparison:
    """Raw figures.

    Attributes:
        durations_ns: of every timed chunk, by method that ran [ns].
        reports: what each of them left behind.
        absent: why the others could not run.
    """

    durations_ns: dict[str, list[int]] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)


def build_first(jobs: Mapping[str, Job], progress: Progress) -> dict[str, str]:
    """Let methods export and compile what they keep, and forget the processes.

    The memory of a process that has exported would be that of the exporter.

    Returns:
        Why a method could not be built, by method.
    """
    failed = {}
    for method, job in jobs.items():
        with MethodProcess(job) as process:
            try:
                process.wait()
            except PolicyError as error:
                failed[method] = str(error)
        progress()
    return failed


def compare_side_by_side(jobs: Mapping[str, Job], repeats: int, progress: Progress) -> Comparison:
    """Load all methods, then let them take turns.

    Args:
        jobs: what to load, by method.
        repeats: timed chunks of each method.
        progress: told after each round of bursts.
    """
    found = Comparison()
    with ExitStack() as stack:
        running = {}
        for method, job in jobs.items():
            # One after the other, because the GPU memory of each is a difference.
            running[method] = stack.enter_context(MethodProcess(job))
            found.durations_ns[method] = []
            _attempt(method, running, found, MethodProcess.wait)
        for _ in range(bursts(repeats)):
            for method in list(running):
                durations = _attempt(method, running, found, lambda p: p.time(_BURST))
                found.durations_ns[method] += durations or []
            progress()
        for method in list(running):
            report = _attempt(method, running, found, MethodProcess.report)
            if report is not None:
                found.reports[method] = report
    return found


def compare_in_turn(jobs: Mapping[str, Job], repeats: int, progress: Progress) -> Comparison:
    """Measure one method after the other, for networks that do not fit a GPU together.

    Arguments and result are those of `compare_side_by_side`.
    """
    found = Comparison()
    for method, job in jobs.items():
        alone = compare_side_by_side({method: job}, repeats, progress)
        found.durations_ns.update(alone.durations_ns)
        found.reports.update(alone.reports)
        found.absent.update(alone.absent)
    return found


def bursts(repeats: int) -> int:
    """Return how many bursts give at least so many timed chunks."""
    return -(-repeats // _BURST)


def _attempt[T](
    method: str,
    running: dict[str, MethodProcess],
    found: Comparison,
    step: Callable[[MethodProcess], T],
) -> T | None:
    """Take a step with a method; one that fails is out, and the others go on."""
    try:
        return step(running[method])
    except PolicyError as error:
        running.pop(method).close()
        found.absent[method] = str(error)
        return None
