"""Recorded episodes wait on disk until their dataset is complete: an interruption loses none."""

import json
from pathlib import Path
import shutil
from typing import Any

import numpy as np
from vla_contract.cli.command import write_json
from vla_contract.errors import VlaError
from vla_sim_bridge.demonstrations.demonstrator import Demonstration


class EpisodeStore:
    """One file per seed: its frames and manifest, or that the expert failed."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is touched yet."""
        self.folder = folder

    def begin(self, settings: dict[str, Any]) -> None:
        """Create the folder, or go on with one that was begun with the same settings.

        Raises:
            VlaError: it was begun with other settings; names the first that differs.
        """
        path = self.folder / 'settings.json'
        if path.is_file():
            before = json.loads(path.read_text())
            for name in sorted({*before, *settings}):
                if before.get(name) != settings.get(name):
                    raise VlaError(
                        f'{self.folder} was begun with {name} {before.get(name)}; found '
                        f'{settings.get(name)}: repeat the settings, or delete the folder'
                    )
        else:
            write_json(path, settings)

    def outcome(self, seed: int) -> bool | None:
        """Return whether the expert succeeded with a seed, None when it has not been recorded."""
        if self._episode(seed).is_file():
            return True
        return False if self._failure(seed).is_file() else None

    def save(self, seed: int, demonstration: Demonstration | None) -> None:
        """Write an episode, or that there is none; complete or not at all."""
        if demonstration is None:
            self._failure(seed).touch()
            return
        frames = demonstration.frames
        arrays: dict[str, Any] = {
            name: np.stack([frame[name] for frame in frames]) for name in frames[0]
        }
        temporary = self._episode(seed).with_suffix('.part')
        arrays['manifest'] = json.dumps(demonstration.manifest)
        with temporary.open('wb') as file:
            np.savez(file, **arrays)
        temporary.replace(self._episode(seed))

    def load(self, seed: int) -> Demonstration:
        """Read an episode."""
        with np.load(self._episode(seed)) as arrays:
            columns = dict(arrays)
        manifest = json.loads(str(columns.pop('manifest')))
        tasks = columns.pop('task')
        frames = [
            {**{name: column[i] for name, column in columns.items()}, 'task': str(task)}
            for i, task in enumerate(tasks)
        ]
        return Demonstration(frames, manifest)

    def delete(self) -> None:
        """Remove everything that was stored."""
        shutil.rmtree(self.folder)

    def _episode(self, seed: int) -> Path:
        return self.folder / f'seed_{seed}.npz'

    def _failure(self, seed: int) -> Path:
        return self.folder / f'seed_{seed}.failed'
