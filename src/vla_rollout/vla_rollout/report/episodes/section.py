"""The episodes of a run on a page: videos, a table, and a part that unfolds per recording."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from vla_contract.page.page import drawing, Entry, Html, mark, stacked_table, table
from vla_rollout.report.episodes.again import command_again
from vla_rollout.report.episodes.tiles import framing, video_tiles
from vla_rollout.report.kinds.any_run import Place
from vla_rollout.report.kinds.episode_row import EpisodeRow
from vla_rollout.report.recorded import RecordedRun
from vla_rollout.report.text import brief, brief_list

_HEADS = ('', 'seed', 'outcome', 'time [s]', 'interventions', 'stops', 'alarms')
_SHOWN = (
    'policy, filtered, measured, below what the filter did; limits dotted where near, red from an '
    'alarm on'
)


def episode_section(
    folder: Path,
    settings: Mapping[str, Any],
    rows: Sequence[EpisodeRow],
    recorded: RecordedRun,
    place: Place,
) -> list[str]:
    """Return videos, the table of all episodes, what could not be shown, and joints.

    Args:
        folder: of the run.
        settings: of the run.
        rows: every episode, those that count first.
        recorded: what their recordings show.
        place: where on the page.
    """
    details = dict(_details(rows, recorded, place))
    # A name stands once: where there are joints, the number leads to them.
    targets = ['' if i in details else _target(place, i) for i in range(len(rows))]
    tiles = video_tiles(folder, rows, place, targets)
    commands = [command_again(settings, row.seed) for row in rows]
    heads = (*_HEADS, '') if any(commands) else _HEADS
    entries = [
        (*_entries(i, row, place, i in details or i in tiles), *_again(command))
        for i, (row, command) in enumerate(zip(rows, commands, strict=True))
    ]
    return [
        f'<{place.heading}>Episodes</{place.heading}>',
        '<div class="episodes">',
        *_filter(rows, place),
        *([f'<div class="tiles">{"".join(tiles.values())}</div>'] if tiles else []),
        stacked_table(heads, entries),
        *_advice(rows),
        *_notes(rows, recorded),
        *details.values(),
        '</div>',
    ]


def _filter(rows: Sequence[EpisodeRow], place: Place) -> list[str]:
    """Return what leaves only failures on the page, where there are others."""
    kinds = {framing(row) for row in rows}
    if len(kinds) < 2 or 'bad' not in kinds:
        return []
    name = f'{place.anchor}-failed-only'
    return [
        f'<p><input type="checkbox" class="failed-only" id="{name}"> '
        f'<label for="{name}">failed only</label></p>'
    ]


def _again(command: str) -> tuple[Entry, ...]:
    """Return the command that runs an episode again, folded; one click marks all of it."""
    if not command:
        return ()
    code = f'<code class="copied">{escape(command)}</code>'
    return (Html(f'<details><summary>again</summary>{code}</details>'),)


def _entries(index: int, row: EpisodeRow, place: Place, has_details: bool) -> tuple[Entry, ...]:
    number = f'{index + 1}'
    if has_details:
        number = f'<a href="#{_target(place, index)}">{number}</a>'
    return (
        Html(f'<span class="number {framing(row)}">{number}</span>'),
        row.seed,
        _outcome(row),
        f'{row.duration_s:.1f}',
        row.interventions,
        row.filter_counters.get('stops', 0),
        brief('; '.join(row.alarms)),
    )


def _outcome(row: EpisodeRow) -> Html:
    sentence = brief(row.cause.sentence)
    if row.is_error:
        return mark(f'no answer: {sentence}', False)
    return mark(sentence, row.success if row.is_counted else None)


def _advice(rows: Sequence[EpisodeRow]) -> list[str]:
    """Return a table of the causes of failure: how often, what was seen first, what to do."""
    by_cause: dict[tuple[str, str, str], list[EpisodeRow]] = {}
    for row in rows:
        if row.advice and row.is_counted and not row.success:
            key = (row.cause.mode, row.failure_cause, row.advice)
            by_cause.setdefault(key, []).append(row)
    if not by_cause:
        return []
    entries = [
        (len(failed), brief(failed[0].cause.sentence), brief(advice))
        for (_, _, advice), failed in sorted(by_cause.items(), key=lambda item: -len(item[1]))
    ]
    return [
        table(('times', 'cause, as first seen', 'what to do'), entries),
        '<p>All causes, what they are measured by and which of several alarms names a failure: '
        'docs/failures.md.</p>',
    ]


def _notes(rows: Sequence[EpisodeRow], recorded: RecordedRun) -> list[str]:
    if not any(row.recording for row in rows):
        return ['<p>No episode was recorded, so there are no joint plots.</p>']
    items = ''.join(f'<li>{escape(note)}</li>' for note in brief_list(recorded.notes))
    return [f'<ul class="remark">{items}</ul>'] if items else []


def _details(
    rows: Sequence[EpisodeRow], recorded: RecordedRun, place: Place
) -> Iterator[tuple[int, str]]:
    """Yield a foldable part for every episode that was recorded."""
    for index, row in enumerate(rows):
        if index not in recorded.episodes:
            continue
        inside = drawing(recorded.episodes[index].drawing, f'Joints of seed {row.seed}: {_SHOWN}')
        cause = escape(brief(row.cause.sentence))
        unfolded = '' if row.success else ' open'
        target = f'id="{_target(place, index)}" style="scroll-margin-top: 2em"'
        # A browser unfolds what a link leads into, not what it leads to.
        part = (
            f'<details class="{framing(row)}"{unfolded}><summary>episode {index + 1}, seed '
            f'{row.seed}: {cause}</summary><div {target}>{inside}</div></details>'
        )
        yield index, part


def _target(place: Place, index: int) -> str:
    return f'{place.anchor}-episode-{index + 1}'
