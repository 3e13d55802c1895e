"""Everything that a fine-tuning depends on; stored with it, so that it can go on."""

import argparse
import dataclasses
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from vla_contract.cli.command import write_json
from vla_contract.cli.deployment_arguments import add_deployment, PARTS
from vla_contract.deployment.deployment import DEFAULT
from vla_contract.errors import ResourceNotFoundError, SettingError
from vla_contract.schema import build, setting

KEEP, RECOMPUTE, BOTH = 'keep', 'recompute', 'both'
_FILE = 'finetune.json'
Inputs = dict[str, dict[str, str]]


@dataclass(frozen=True)
class FinetuneSettings:
    """Options of the command; each is described here alone."""

    real: str = setting(doc='LeRobotDataset v3 of the robot')
    sim: str = setting('', doc='LeRobotDataset v3 of the simulator, to train on as well')
    sim_share: float = setting(0.9, doc='part of all samples from --sim', lower=0.0, upper=0.999)
    correction_share: float = setting(
        0.5, doc='part of the real samples where a person corrected', lower=0.0, upper=1.0
    )
    steps: int = setting(10_000, doc='of the optimizer', lower=1, upper=10_000_000)
    batch: int = setting(32, doc='samples per step and process', lower=1, upper=65_536)
    # Ten times below what vision-language-action policies are trained with.
    learning_rate: float = setting(
        1e-5, doc='peak, of every parameter group', lower=1e-12, upper=1.0
    )
    held_out_share: float = setting(
        0.1,
        doc='part of the real demonstrations kept for validation; 0 for none: not validated',
        lower=0.0,
        upper=0.9,
    )
    validate_every: int = setting(
        500, doc='steps between validations and checkpoints', lower=1, upper=10_000_000
    )
    patience: int = setting(
        5,
        doc='validations without a better one until it stops, 0 for never',
        lower=0,
        upper=10_000_000,
    )
    statistics: str = setting(
        KEEP,
        doc='normalise as the checkpoint does, by the new data, or train both and compare',
        choices=(KEEP, RECOMPUTE, BOTH),
    )
    freeze_vision: bool = setting(False, doc='train everything but the image encoder')
    lora_rank: int = setting(
        0, doc='train adapters of this rank (LoRA), 0 for none', lower=0, upper=4096
    )
    bf16: bool = setting(False, doc='multiply in bfloat16')
    skip_bad: bool = setting(False, doc='leave bad episodes out instead of refusing')
    memory_gb: float = setting(
        2.0,
        doc='datasets up to this size are kept in memory',
        unit='GB',
        lower=0.0,
        upper=100_000.0,
    )
    loaders: int = setting(4, doc='processes that read larger datasets', lower=0, upper=256)
    threads: int = setting(0, doc='CPU threads, 0 for all', lower=0, upper=1024)
    device: str = setting('cpu', doc='torch device')
    seed: int = setting(0, doc='of samples, order and noise', lower=0, upper=2**32 - 1)
    # These are the options of `vla_contract.cli.deployment_arguments`.
    deployment: str = setting(DEFAULT, doc='name under config/deployments, or path of a file')
    cell: str = setting('', doc="another cell than the deployment's")
    task: str = setting('', doc="another task than the deployment's")
    policy: str = setting('', doc="checkpoint to begin with, '' for the deployment's")
    backend: str = setting('', doc="another than the policy's; the checkpoint is trained")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Offer every setting as an option; those without default are asked for later."""
    add_deployment(parser)
    for field in dataclasses.fields(FinetuneSettings):
        if field.name in PARTS:
            continue
        doc = field.metadata['doc']
        if field.default is dataclasses.MISSING:
            parser.add_argument(_option(field.name), help=doc)
        elif isinstance(field.default, bool):
            parser.add_argument(_option(field.name), action='store_true', help=doc)
        else:
            choices = field.metadata['choices'] or None
            kind, text = type(field.default), f'{doc} (default: {field.default})'
            parser.add_argument(
                _option(field.name), type=kind, default=field.default, choices=choices, help=text
            )


def settings_from(args: argparse.Namespace) -> FinetuneSettings:
    """Return the settings that a command line gives.

    Raises:
        SettingError: one is missing or out of range.
    """
    names = [field.name for field in dataclasses.fields(FinetuneSettings)]
    values = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    return build(FinetuneSettings, values, 'command line')


def require_comparable(settings: FinetuneSettings) -> None:
    """Refuse to train with both statistics where nothing can tell which is better.

    Raises:
        SettingError: no episode is held out.
    """
    if settings.statistics == BOTH and not settings.held_out_share:
        raise SettingError(
            'command line',
            'statistics',
            f"'{BOTH}' with held_out_share 0, so that nothing can compare them",
            f"'{KEEP}', '{RECOMPUTE}', or a held_out_share above 0",
        )


def store_settings(folder: Path, settings: FinetuneSettings, inputs: Inputs) -> None:
    """Write the settings of a training into its folder, with the hashes of its inputs."""
    content = {'settings': dataclasses.asdict(settings), 'inputs': inputs}
    write_json(folder / _FILE, content)


def stored_settings(folder: Path) -> tuple[FinetuneSettings, Inputs]:
    """Return the settings and the hashes of the inputs of a training that was begun in a folder.

    Raises:
        ResourceNotFoundError: none was.
        SettingError: the file was changed and is no longer valid.
    """
    path = folder / _FILE
    if not path.is_file():
        raise ResourceNotFoundError('training', path, 'give the --output of an earlier one')
    try:
        content: dict[str, Any] = json.loads(path.read_text())
        values, inputs = content['settings'], content['inputs']
    except (ValueError, KeyError, TypeError) as error:
        found = f'{type(error).__name__}: {error}'
        raise SettingError(str(path), 'settings and inputs', found, 'both, as JSON') from error
    return build(FinetuneSettings, values, str(path)), inputs


def _option(name: str) -> str:
    return '--' + name.replace('_', '-')
