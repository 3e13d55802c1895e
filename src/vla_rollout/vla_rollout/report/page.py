"""The page of a report."""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from vla_contract.check import Check
from vla_contract.cli.page import Entry, facts, figure, Html, mark, table, write_page
from vla_rollout.preflight.page import checklist_table
from vla_rollout.report.comparisons import comparison_sections
from vla_rollout.report.figures import latency_histogram, outcome_bars, running_rate
from vla_rollout.report.recorded import RecordedEpisode
from vla_rollout.report.runs import outcome, Run
from vla_rollout.statistics.intervals import exact_interval, format_interval

Recorded = Mapping[tuple[str, int], RecordedEpisode]

# Base64 makes a third more of it; the page stays below 20 MB.
_VIDEO_BYTES = 12_000_000


def write_report(
    path: Path, runs: Sequence[Run], episodes: Recorded, checklist: Sequence[Check] = ()
) -> None:
    """Write one self-contained page about all runs.

    Args:
        path: the page.
        runs: what is reported, each a section.
        episodes: what was recorded, by name of the run and index of the episode.
        checklist: of the preflight before them.
    """
    body: list[str] = []
    budget = _VIDEO_BYTES // max(1, len(runs))
    for run in runs:
        if len(runs) > 1:
            body.append(f'<h2>{escape(run.folder.name)}</h2>')
        # Below the heading of the page, or of the run.
        body += _section(run, episodes, budget, 'h3' if len(runs) > 1 else 'h2')
    body += comparison_sections(runs)
    if checklist:
        body += ['<h2>Checklist before the runs</h2>', checklist_table(checklist)]
    write_page(path, f'{len(runs)} runs' if len(runs) > 1 else runs[0].folder.name, body)


def _section(run: Run, episodes: Recorded, budget: int, heading: str) -> list[str]:
    success = escape(format_interval(run.successes, len(run.results)))
    _, lower, upper = exact_interval(run.successes, len(run.results))
    body = [
        f'<p><strong>success {success}</strong>; '
        f'exact interval, at least 95 %: {100 * lower:.0f}-{upper:.0%}</p>',
        figure(running_rate(run), 'Success rate after each episode, with its 95 % interval'),
        figure(outcome_bars(run), 'Outcomes'),
    ]
    if run.latencies_ms():
        body.append(figure(latency_histogram(run), 'Latency of chunks on arrival at the filter'))
    body += _interventions(run, episodes, heading)
    body += [f'<{heading}>Episodes</{heading}>', _episode_table(run)]
    body += _details(run, episodes, budget)
    return [*body, f'<{heading}>Settings</{heading}>', facts(run.settings)]


def interventions_of(run: Run, episodes: Recorded) -> Counter[str]:
    """Return how often the filter held the policy back, by reason, over the recorded episodes."""
    recorded = (episodes.get((run.folder.name, index)) for index in range(len(run.results)))
    return sum((episode.interventions for episode in recorded if episode), Counter())


def _interventions(run: Run, episodes: Recorded, heading: str) -> list[str]:
    rows = interventions_of(run, episodes).most_common()
    if not rows:
        return []
    title = f'<{heading}>Interventions of the filter</{heading}>'
    return [title, table(('reason', 'times'), rows)]


def _episode_table(run: Run) -> Html:
    rows: list[tuple[Entry, ...]] = []
    for number, result in enumerate(run.results):
        link = f'<a href="#{escape(run.folder.name)}-{number}">{number + 1}</a>'
        stops = result.get('filter_counters', {}).get('stops', 0)
        rows.append(
            (
                Html(link),
                result['seed'],
                mark(outcome(result), bool(result['success'])),
                f'{result["duration_s"]:.1f}',
                result.get('interventions', 0),
                stops,
                '; '.join(result.get('alarms') or []),
            )
        )
    heads = ('', 'seed', 'outcome', 'time [s]', 'interventions', 'stops', 'alarms')
    return table(heads, rows)


def _details(run: Run, episodes: Recorded, budget: int) -> list[str]:
    """Return one foldable part per episode; failures get the room for videos first."""
    order = sorted(range(len(run.results)), key=lambda i: bool(run.results[i]['success']))
    videos: dict[int, str] = {}
    for index in order:
        name = run.results[index].get('video')
        file = run.folder / name if name else None
        if file is None or not file.is_file():
            continue
        size = file.stat().st_size
        if size <= budget:
            budget -= size
            videos[index] = 'data:video/mp4;base64,' + base64.b64encode(file.read_bytes()).decode(
                'ascii'
            )
        else:
            videos[index] = escape(str(name))
    parts = []
    for index, result in enumerate(run.results):
        recorded = episodes.get((run.folder.name, index))
        picture = recorded.picture if recorded else None
        inside = _one(result, videos.get(index), picture)
        if inside:
            parts.append(
                f'<details id="{escape(run.folder.name)}-{index}"'
                f'{"" if result["success"] else " open"}>'
                f'<summary>episode {index + 1}, seed {result["seed"]}: '
                f'{escape(outcome(result))}</summary>{inside}</details>'
            )
    return parts


def _one(result: Mapping[str, Any], video: str | None, picture: bytes | None) -> str:
    inside = ''
    if video is not None:
        inside += f'<video controls preload="metadata" width="384" src="{video}"></video>'
    if picture is not None:
        inside += figure(picture, f'Joints of seed {result["seed"]}: policy, filtered, measured')
    return inside
