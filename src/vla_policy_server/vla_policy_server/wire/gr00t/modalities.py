"""What a GR00T server wants and answers: its modality configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vla_contract.errors import PolicyError

VIDEO, STATE, ACTION, LANGUAGE = 'video', 'state', 'action', 'language'
_MOST_KEYS, _LONGEST_NAME, _LONGEST_HISTORY, _LONGEST_CHUNK = 64, 120, 64, 1000


@dataclass(frozen=True)
class Modality:
    """One modality.

    Attributes:
        keys: names of its parts, without the name of the modality.
        steps: of which steps it is, 0 for now, -1 for one period of the policy earlier.
        of_tool: parts that are poses of a tool.
    """

    keys: tuple[str, ...]
    steps: tuple[int, ...]
    of_tool: tuple[str, ...] = ()


@dataclass(frozen=True)
class Modalities:
    """What a policy sees and what it answers.

    Attributes:
        video: its cameras.
        state: the parts of its state.
        action: the parts of its action.
        language: keys of the instruction.
        is_flat: whether keys carry the name of their modality, and arrays no batch, as in N1.5.
    """

    video: Modality
    state: Modality
    action: Modality
    language: Modality
    is_flat: bool

    @property
    def earlier_steps(self) -> int:
        """How many periods before now the oldest input is."""
        return -min(0, *self.video.steps, *self.state.steps)


def read_modalities(answer: Any, url: str) -> Modalities:
    """Return what get_modality_config answered.

    Raises:
        PolicyError: something is missing or makes no sense.
    """
    if not isinstance(answer, dict) or not answer:
        raise PolicyError(f'{url} does not say its modalities; found {answer!r:.60}')
    found = {name: _modality(answer, name, url) for name in (VIDEO, STATE, ACTION, LANGUAGE)}
    is_flat = any(key.startswith(f'{VIDEO}.') for key in found[VIDEO].keys)
    if is_flat:
        found = {name: _without_prefix(modality, name) for name, modality in found.items()}
    for name in (VIDEO, STATE, LANGUAGE):
        if not all(-_LONGEST_HISTORY <= step <= 0 for step in found[name].steps):
            raise PolicyError(
                f'{url}: {name}: steps: found {found[name].steps}; allowed: '
                f'-{_LONGEST_HISTORY} to 0'
            )
    if found[ACTION].steps != tuple(range(len(found[ACTION].steps))):
        raise PolicyError(
            f'{url}: action: steps: found {found[ACTION].steps}; allowed: 0, 1, 2, ...'
        )
    return Modalities(found[VIDEO], found[STATE], found[ACTION], found[LANGUAGE], is_flat)


def require_parts(named: Mapping[str, Any], wanted: tuple[str, ...], what: str, url: str) -> None:
    """Refuse a remote configuration that does not name exactly the parts of a modality.

    Raises:
        PolicyError: one is missing, or is none of the server's.
    """
    if sorted(named) != sorted(wanted):
        raise PolicyError(
            f'{what} of the remote {url}: found {", ".join(named) or "nothing"}; the server has: '
            f'{", ".join(wanted)}'
        )


def _modality(answer: dict[str, Any], name: str, url: str) -> Modality:
    said = answer.get(name)
    said = said if isinstance(said, dict) else {}
    keys = _listed(said.get('modality_keys'), str, _MOST_KEYS)
    if not keys or any(len(key) > _LONGEST_NAME for key in keys):
        found = said.get('modality_keys')
        raise PolicyError(f'{url}: {name}: modality_keys: found {found!r:.60}; allowed: names')
    steps = _listed(said.get('delta_indices'), int, _LONGEST_CHUNK)
    if not steps:
        found = said.get('delta_indices')
        raise PolicyError(f'{url}: {name}: delta_indices: found {found!r:.60}; allowed: numbers')
    meanings = _listed(said.get('action_configs'), dict, len(keys))
    of_tool = tuple(
        key
        for key, meaning in zip(keys, meanings, strict=False)
        if str(meaning.get('type')).lower() == 'eef'
    )
    return Modality(keys, steps, of_tool)


def _listed[T](value: Any, kind: type[T], most: int) -> tuple[T, ...]:
    """Return the entries of a list of one type, nothing for something else."""
    if not isinstance(value, list) or len(value) > most:
        return ()
    return tuple(value) if all(type(entry) is kind for entry in value) else ()


def _without_prefix(modality: Modality, name: str) -> Modality:
    keys = tuple(key.removeprefix(f'{name}.') for key in modality.keys)
    return Modality(keys, modality.steps, modality.of_tool)
