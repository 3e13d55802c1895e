"""What the filter decided and who commanded, as lanes; what was said, as a log."""

from collections.abc import Callable, Sequence
from typing import Any

from vla_contract.filter_status import Verdict
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.view.rerun.library import load_rerun
from vla_rollout.view.rerun.timelines import Timelines
from vla_rollout.view.watched import ERROR, INFO, WARN, Watched

STATES, LOG = 'filter', 'log'
"""Where the lanes are, and the log."""

POLICY = 'policy'
_COLOURS = {
    Verdict.PASS: 0x4C9A52FF, Verdict.CLAMP: 0xE8A33DFF, Verdict.HOLD: 0x8A8F98FF,
    Verdict.STOP: 0xC0392BFF, Verdict.LATCHED: 0x7B241CFF,
}  # fmt: skip


def send_words(recording: Any, watched: Watched, timelines: Timelines) -> None:
    """Log verdict, reason and who commands as they change, and every sentence."""
    rr = load_rerun()
    lanes: dict[str, Callable[[Cycle], str]] = {
        'verdict': lambda cycle: cycle.verdict.name.lower(),
        'reason': lambda cycle: cycle.reason.code.value.replace('_', ' ') if cycle.reason else '-',
        'commander': lambda c: f'human: {", ".join(c.human)}' if c.human else POLICY,
    }
    verdicts = rr.StateConfiguration(
        values=[verdict.name.lower() for verdict in _COLOURS], colors=list(_COLOURS.values())
    )
    recording.log(f'{STATES}/verdict', verdicts, static=True)
    for name, value_of in lanes.items():
        changes = _changes(watched.cycles, value_of)
        if changes:
            states = rr.StateChange.columns(state=[state for _, state in changes])
            times = timelines.columns([time_ns for time_ns, _ in changes])
            recording.send_columns(f'{STATES}/{name}', times, states)
    if watched.words:
        levels = {INFO: 'INFO', WARN: 'WARN', ERROR: 'ERROR'}
        said = rr.TextLog.columns(
            text=[word.text for word in watched.words],
            level=[levels[word.level] for word in watched.words],
        )
        times = timelines.columns([word.time_ns for word in watched.words])
        recording.send_columns(LOG, times, said)


def _changes(cycles: Sequence[Cycle], value_of: Callable[[Cycle], str]) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for cycle in cycles:
        value = value_of(cycle)
        if not found or found[-1][1] != value:
            found.append((cycle.now_ns, value))
    return found
