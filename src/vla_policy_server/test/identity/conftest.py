from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def make_checkpoint(tmp_path) -> Callable[..., Path]:
    """Return a function that writes a folder which looks like a checkpoint; nobody loads it."""

    def make(name: str, weights: bytes = b'weights', **adapter: Any) -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / 'config.json').write_text('{"type": "act"}')
        kind = 'adapter_model' if adapter else 'model'
        (folder / f'{kind}.safetensors').write_bytes(weights)
        if adapter:
            (folder / 'adapter_config.json').write_text(json.dumps(adapter))
        return folder

    return make


@pytest.fixture
def hub(tmp_path, monkeypatch, make_checkpoint) -> Callable[[str, str, bytes], None]:
    """Return a function that puts a commit of user/act into the hub's local cache, as its main."""
    cache = tmp_path / 'hub'
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_CACHE', str(cache))

    def commit(source: str, revision: str, weights: bytes) -> None:
        repository = cache / f'models--{source.replace("/", "--")}'
        make_checkpoint(f'hub/{repository.name}/snapshots/{revision}', weights)
        (repository / 'refs').mkdir(exist_ok=True)
        (repository / 'refs' / 'main').write_text(revision)

    return commit
