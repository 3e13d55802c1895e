"""Samples every configured term of an episode, writes it to the world, and keeps the manifest."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache
import hashlib
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.errors import SettingError, SimError, UnknownNameError, VlaError
from vla_contract.plugins import plugins
from vla_contract.schema import build, load_yaml, setting
from vla_contract.share import find_config
from vla_contract.values import Vector
from vla_sim_bridge.randomization.address import AT, CAMERA, Groups, LIGHT, OBJECT, read_key
from vla_sim_bridge.randomization.stage import Stage
from vla_sim_bridge.randomization.term import Term, TermConfig
from vla_sim_bridge.randomization.terms.calibration import CALIBRATION_TERMS
from vla_sim_bridge.randomization.terms.clutter import CLUTTER_TERMS
from vla_sim_bridge.randomization.terms.physics import PHYSICS_TERMS
from vla_sim_bridge.randomization.terms.signal import SIGNAL_TERMS
from vla_sim_bridge.randomization.terms.texture import TEXTURE_TERMS
from vla_sim_bridge.randomization.terms.visual import VISUAL_TERMS
from vla_sim_bridge.scene.extras import OBJECT as OBJECT_TEXTURE
from vla_sim_bridge.scene.extras import SceneExtras, TABLE

# In the order they are applied: a texture turns what had a colour white before a colour changes
# it, and distractors stand on the table when its height is known.
TERMS: dict[str, Term] = {
    term.name: term
    for term in (
        *TEXTURE_TERMS,
        *VISUAL_TERMS,
        *PHYSICS_TERMS,
        *CLUTTER_TERMS,
        *SIGNAL_TERMS,
        *CALIBRATION_TERMS,
    )
}


@cache
def known_terms() -> dict[str, Term]:
    """Return the terms by name, after ours those that other packages offer (`vla_terms`).

    Raises:
        VlaError: one cannot be imported, or has the name of another.
    """
    terms = dict(TERMS)
    for term in plugins('vla_terms', 'randomisation term'):
        if terms.setdefault(term.name, term) is not term:
            raise VlaError(f"randomisation term '{term.name}' is offered twice")
    return terms


@cache
def term_of(key: str) -> Term:
    """Return the term that a key of a configuration or of a manifest means.

    Behind an @ the key says what the term reaches; it then draws from a stream of its own.

    Raises:
        UnknownNameError: there is no such term.
        SettingError: the term does not reach what is said.
    """
    name, address = read_key(key)
    if name not in known_terms():
        raise UnknownNameError('term', name, 'this version', known_terms())
    term = known_terms()[name]
    if address is None:
        return term
    if address.kind != term.reaches or (address.kind == LIGHT and address.name):
        kinds = {OBJECT: f'{OBJECT}:NAME', CAMERA: f'{CAMERA}:NAME', LIGHT: LIGHT}
        allowed = f'{name}@{kinds[term.reaches]}, or' if term.reaches else 'only'
        raise SettingError('randomization', f'terms.{key}', f"'{address}'", f'{allowed} {name}')
    return replace(term, name=key)


@dataclass(frozen=True)
class RandomizationConfig:
    """Which terms are randomised, and how much; build it with `load_randomization`."""

    terms: dict[str, TermConfig] = setting(doc='name of a term to its range')
    difficulty: float = setting(
        1.0, doc='scales all ranges around the nominal world', lower=0.0, upper=1.0
    )
    name: str = setting('', doc='filled on load')
    sha256: str = setting('', doc='hash of the file, filled on load')

    @property
    def extras(self) -> SceneExtras:
        """What the scene must be compiled with."""
        lights, distractors = self.terms.get('light_count'), self.terms.get('distractor_count')
        textures = [
            geom
            for geom, term in ((TABLE, 'table_texture'), (OBJECT_TEXTURE, 'object_texture'))
            if term in self.terms
        ]
        return SceneExtras(
            lights=round(lights.range[1]) if lights else 1,
            textures=tuple(textures),
            distractors=round(distractors.range[1]) if distractors else 0,
        )


NOTHING = RandomizationConfig(terms={}, name='none')


def load_randomization(name: str) -> RandomizationConfig:
    """Load a randomisation by name (config/randomization) or path.

    Raises:
        ContractError: a term is unknown, or a value is missing or out of range.
        ResourceNotFoundError: there is no such file.
    """
    path = find_config('randomization', name)
    values = load_yaml(path)
    values['name'] = Path(name).stem
    values['sha256'] = hashlib.sha256(path.read_bytes()).hexdigest()
    raw = values.get('terms') or {}
    terms = {}
    for term, settings in raw.items() if isinstance(raw, dict) else []:
        if read_key(str(term))[0] not in known_terms():
            raise UnknownNameError('term', str(term), str(path), known_terms())
        row = term_of(term)
        terms[term] = build(TermConfig, settings, str(path), f'terms.{term}.')
        row.check(terms[term], str(path))
    for term in terms:
        _check_company(term, terms, path)
    # The terms are checked one by one above; `build` checks the rest.
    if isinstance(raw, dict) and 'terms' in values:
        values['terms'] = {}
    config = build(RandomizationConfig, values, str(path))
    return replace(config, terms=terms)


def _check_company(name: str, terms: Collection[str], path: Path) -> None:
    """Refuse a term that says more about others, none of which is there."""
    needs = term_of(name).needs
    if needs and not set(needs) & set(terms):
        others = ' or '.join(needs)
        raise SettingError(
            str(path), f'terms.{name}', 'it alone, which changes nothing', f'beside {others}'
        )


class Randomizer:
    """Applies one episode after another to a model; nothing is left of the last one."""

    def __init__(
        self,
        model: mujoco.MjModel,
        cell: Cell,
        config: RandomizationConfig,
        objects: tuple[str, ...],
    ) -> None:
        """Remember the authored model; `objects` names those of its task that can be moved."""
        self.config = config
        self.stage = Stage(model, cell, objects)
        self._scratch = mujoco.MjData(model)
        self._groups: Groups = {}

    def begin(self, groups: Groups) -> None:
        """Take over which objects the words of a configuration stand for in an episode.

        Raises:
            SimError: a term addresses nothing.
        """
        self._groups = groups
        for key in self.config.terms:
            with self._reaching(key):
                pass

    def _reaching(self, key: str) -> AbstractContextManager[None]:
        return self.stage.addressing(key, self._groups)

    def sample(self, seed: int) -> dict[str, Vector]:
        """Draw the numbers of an episode; the same seed gives the same, whatever came before."""
        self.stage.restore()
        difficulty, drawn = self.config.difficulty, {}
        for key, settings in self.config.terms.items():
            with self._reaching(key):
                drawn[key] = term_of(key).sample(settings, difficulty, seed, self.stage)
        return drawn

    def read(self, manifest: dict[str, Any]) -> dict[str, Vector]:
        """Return the numbers of an earlier episode.

        Raises:
            UnknownNameError: there is no such term.
            SimError: the manifest has none, or a number is missing, too many or beyond the limits
                of its term, as in one of another world.
        """
        try:
            entries = manifest['randomization']['values']
            values: dict[str, Vector] = {
                name: np.atleast_1d(np.array(entry['value'], dtype=np.float64))
                for name, entry in entries.items()
            }
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise SimError(f'manifest without usable randomization.values: {error}') from error
        for name, numbers in values.items():
            self._check(name, numbers)
        return values

    def apply(self, values: dict[str, Vector], seed: int) -> None:
        """Write an episode's numbers to the model.

        Args:
            values: name of a term to its numbers, as `sample` or `read` returned them.
            seed: of the episode, for what changes within it.
        """
        self.stage.restore()
        order = {name: number for number, name in enumerate(known_terms())}
        # What is addressed comes after what reaches all.
        for key in sorted(values, key=lambda key: (order[read_key(key)[0]], AT in key)):
            with self._reaching(key):
                term_of(key).apply(self.stage, np.array(values[key], dtype=np.float64))
        self.stage.signals.seed = seed
        self.stage.finish(self._scratch)

    def _check(self, name: str, numbers: Vector) -> None:
        term = term_of(name)
        with self._reaching(name):
            size, (least, most) = term.size(self.stage), term.limits
            most = min(most, term.most_here(self.stage))
        if np.shape(numbers) != (size,):
            raise SimError(
                f'term {name}: found {np.size(numbers)} numbers; this world needs {size}'
            )
        if not (np.isfinite(numbers) & (numbers >= least) & (numbers <= most)).all():
            raise SimError(
                f'term {name}: found {np.asarray(numbers).tolist()}; allowed: finite numbers from '
                f'{least:g} to {most:g}'
            )

    def describe(self, values: dict[str, Vector]) -> dict[str, dict[str, Any]]:
        """Return numbers and units for a manifest; JSON keeps every bit of a float."""
        return {
            name: {
                'value': float(v[0]) if len(v) == 1 else [float(x) for x in v],
                'unit': term_of(name).unit,
                'operation': term_of(name).operation,
            }
            for name, v in values.items()
        }
