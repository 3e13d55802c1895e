"""In what two runs differ beside the policy: a difference may come from there."""

from collections.abc import Iterator, Mapping
from typing import Any

from vla_rollout.report.kinds.counted_run import CountedRun
from vla_rollout.report.text import brief

# What names the policy, the words of the command, or where and how much was run and recorded.
_NOT_COMPARED = (
    'policy', 'source', 'policy_sha256', 'identity', 'given', 'episodes', 'first_seed',
    'recordings', 'origin',
)  # fmt: skip
_NOTHING = 'nothing said'
_HASH = 8


def different_settings(first: CountedRun, second: CountedRun) -> Iterator[str]:
    """Yield the settings and the facts of the world that differ, e.g. 'speed 0.1 against 1'.

    Hashes are compared too: a cell or a randomisation of the same name may be another by now.
    """
    ours, theirs = _facts(first), _facts(second)
    for name in {**ours, **theirs}:
        one, other = ours.get(name, _NOTHING), theirs.get(name, _NOTHING)
        if one != other:
            yield f'{brief(name)} {one} against {other}'


def _facts(run: CountedRun) -> dict[str, str]:
    found = {
        name: _text(value) for name, value in run.settings.items() if name not in _NOT_COMPARED
    }
    identity = run.settings.get('identity')
    if isinstance(identity, Mapping):
        found |= _of(identity, {'cell_sha256': 'cell_sha256', 'precision': 'precision'})
    manifest = next((row.manifest for row in run.results if row.manifest), {})
    found |= _of(manifest, {'task_sha256': 'task_sha256', 'mujoco': 'mujoco'})
    if isinstance(drawn := manifest.get('randomization'), Mapping):
        names = {'sha256': 'randomization_sha256', 'difficulty': 'difficulty'}
        found |= _of(drawn, {'name': 'randomization', **names})
    return found


def _of(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """Return those values that there are, by the names they have for a reader."""
    return {name: _text(values[key]) for key, name in names.items() if key in values}


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f'{value:g}'
    text = str(value)
    is_hash = len(text) == 64 and not set(text) - set('0123456789abcdef')
    return text[:_HASH] if is_hash else brief(text) or "''"
