"""The top of a page: how often a run succeeded, what ran, when, where, how to repeat it."""

from collections.abc import Mapping
from html import escape
from typing import Any

from vla_contract.page.page import Html
from vla_rollout.episodes.answers import score_of
from vla_rollout.report.kinds.any_run import AnyRun
from vla_rollout.report.run_files import date_of
from vla_rollout.report.text import brief
from vla_rollout.statistics.intervals import percent_range

_HASH = 12


def summary_card(run: AnyRun) -> Html:
    """Return the card of a run; what an older run does not say is left out."""
    lines = [f'<div><dt>{name}</dt><dd>{value}</dd></div>' for name, value in _facts(run) if value]
    return Html(f'<div class="card">{_success(run)}<dl>{"".join(lines)}</dl></div>')


def _success(run: AnyRun) -> str:
    """Return the rate in large, with its interval; nothing for a run of several parts."""
    suites = list(run.suites.values())
    score = score_of([row for row in suites[0] if row.is_counted]) if len(suites) == 1 else None
    if score is None or score.interval is None:
        return ''
    interval = score.interval
    return (
        f'<p class="rate"><strong>{100 * interval.rate:.0f} %</strong> '
        f'{score.successes} of {score.episodes} episodes succeeded, 95 % interval '
        f'{escape(percent_range(interval.lower, interval.upper))}</p>'
    )


def _facts(run: AnyRun) -> list[tuple[str, str]]:
    settings = run.settings
    found = settings.get('origin')
    origin: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    date = _text(origin, 'date').replace('T', ' ').replace('+00:00', ' UTC')
    policy, sha256 = escape(brief(run.label)), _text(settings, 'policy_sha256')[:_HASH]
    code = ', commit '.join(filter(None, (_text(origin, 'version'), _text(origin, 'commit'))))
    command = _text(origin, 'command')
    return [
        ('deployment', _text(settings, 'deployment')),
        ('randomisation', _text(settings, 'randomization')),
        ('policy', f'{policy} <code>{sha256}</code>' if sha256 else policy),
        ('operator', _text(settings, 'operator')),
        ('date', date or f'{date_of(run.folder):%Y-%m-%d %H:%M}'),
        ('host', _text(origin, 'host')),
        ('version', code),
        ('again', f'<code class="copied">{command}</code>' if command else ''),
    ]


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return escape(brief(value)) if isinstance(value, str) else ''
