"""The episodes of a run on a page: a table, and a part that unfolds for what there is to see."""

import base64
from collections.abc import Iterator, Sequence
from html import escape
import os
from pathlib import Path
from urllib.parse import quote

from vla_contract.cli.page import Entry, figure, Html, mark, table
from vla_rollout.report.kinds.any_run import Place
from vla_rollout.report.kinds.episode_row import EpisodeRow
from vla_rollout.report.recorded import RecordedRun
from vla_rollout.report.run_files import video_of
from vla_rollout.report.text import brief, brief_list

_HEADS = ('', 'seed', 'outcome', 'time [s]', 'interventions', 'stops', 'alarms')


def episode_section(
    folder: Path, rows: Sequence[EpisodeRow], recorded: RecordedRun, place: Place
) -> list[str]:
    """Return the table of all episodes, what could not be shown, and videos and pictures.

    Args:
        folder: of the run.
        rows: every episode, those that count first.
        recorded: what their recordings show.
        place: where on the page.
    """
    details = dict(_details(folder, rows, recorded, place))
    entries = [_entries(i, row, place, i in details) for i, row in enumerate(rows)]
    return [
        f'<{place.heading}>Episodes</{place.heading}>',
        table(_HEADS, entries),
        *_notes(rows, recorded),
        *details.values(),
    ]


def _entries(index: int, row: EpisodeRow, place: Place, has_details: bool) -> tuple[Entry, ...]:
    number: Entry = index + 1
    if has_details:
        number = Html(f'<a href="#{_target(place, index)}">{number}</a>')
    return (
        number,
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


def _notes(rows: Sequence[EpisodeRow], recorded: RecordedRun) -> list[str]:
    if not any(row.recording for row in rows):
        return ['<p>No episode was recorded, so there are no joint plots.</p>']
    items = ''.join(f'<li>{escape(note)}</li>' for note in brief_list(recorded.notes))
    return [f'<ul class="remark">{items}</ul>'] if items else []


def _details(
    folder: Path, rows: Sequence[EpisodeRow], recorded: RecordedRun, place: Place
) -> Iterator[tuple[int, str]]:
    """Yield a foldable part for every episode of which there is something to see."""
    videos = _videos(folder, rows, place)
    for index, row in enumerate(rows):
        inside = ''
        if index in videos:
            source = videos[index]
            inside += f'<video controls preload="metadata" width="384" src="{source}"></video>'
        if index in recorded.episodes:
            picture = recorded.episodes[index].picture
            inside += figure(picture, f'Joints of seed {row.seed}: policy, filtered, measured')
        if inside:
            cause = escape(brief(row.cause.sentence))
            unfolded = '' if row.success else ' open'
            target = f'id="{_target(place, index)}" style="scroll-margin-top: 2em"'
            # A browser unfolds what a link leads into, not what it leads to.
            part = (
                f'<details{unfolded}><summary>episode {index + 1}, seed {row.seed}: {cause}'
                f'</summary><div {target}>{inside}</div></details>'
            )
            yield index, part


def _videos(folder: Path, rows: Sequence[EpisodeRow], place: Place) -> dict[int, str]:
    """Return the sources of the videos; failures get the room in the page first."""
    left, sources = place.video_bytes, {}
    for index in sorted(range(len(rows)), key=lambda i: rows[i].success):
        file = video_of(folder, rows[index])
        if file is None or not os.access(file, os.R_OK):
            continue
        size = file.stat().st_size
        if size <= left:
            left -= size
            data = base64.b64encode(file.read_bytes()).decode('ascii')
            sources[index] = f'data:video/mp4;base64,{data}'
        else:
            sources[index] = quote(os.path.relpath(file, place.output.resolve()))
    return sources


def _target(place: Place, index: int) -> str:
    return f'{place.anchor}-episode-{index + 1}'
