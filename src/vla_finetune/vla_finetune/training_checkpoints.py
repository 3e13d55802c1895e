"""The folder of a training: checkpoints as LeRobot writes them, the last and the best kept.

checkpoints/000500/pretrained_model   what runs
checkpoints/000500/training_state     what is needed to go on
checkpoints/000500/history.json       losses up to there
checkpoints/last                      link to the newest whole one
pretrained_model                      the best one, once the training has ended; the last
                                      one where nothing was held out to tell
"""

from dataclasses import asdict, dataclass, field
import json
from pathlib import Path
import shutil
from typing import Any

from vla_contract.cli.command import write_json
from vla_contract.deployment.policy_file import PolicyFile, write_policy_file
from vla_finetune.learner import Learner
from vla_finetune.validation import best_of, Validation
from vla_lerobot.checkpoints.manifest import MANIFEST

_HISTORY = 'history.json'
_LAST = 'last'


@dataclass
class History:
    """How a training went.

    Attributes:
        losses: of each step.
        validations: in their order; none where no episode is held out.
    """

    losses: list[float] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)

    @property
    def best(self) -> Validation | None:
        """The best validation, None where there is none."""
        return best_of(self.validations) if self.validations else None

    @property
    def result_step(self) -> int:
        """Steps after which the result was: at the best validation, else the last."""
        return self.best.step if self.best else len(self.losses)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


class TrainingCheckpoints:
    """Saves, finds and publishes the checkpoints of one training."""

    def __init__(self, folder: Path, steps: int) -> None:
        """Use a folder; `steps` says how many digits names get."""
        self._folder, self._steps = folder, steps

    @property
    def last(self) -> Path | None:
        """The newest whole checkpoint, None before the first."""
        link = self._folder / 'checkpoints' / _LAST
        return link.resolve() if link.exists() else None

    def path(self, step: int) -> Path:
        """Return the folder of the checkpoint after a step."""
        from lerobot.common.train_utils import get_step_checkpoint_dir

        return Path(get_step_checkpoint_dir(self._folder, self._steps, step))

    def save(
        self,
        learner: Learner,
        policy: Any,
        history: History,
        manifest: dict[str, Any],
        meaning: PolicyFile,
    ) -> None:
        """Write a checkpoint and delete what is neither the last nor the best.

        It becomes the last one only when it is whole.
        """
        from lerobot.common.train_utils import save_checkpoint

        step = len(history.losses)
        path = self.path(step)
        save_checkpoint(
            path,
            step,
            learner.config,
            policy,
            learner.optimizer,
            learner.scheduler,
            learner.preprocess,
            learner.postprocess,
        )
        write_json(path / 'pretrained_model' / MANIFEST, manifest)
        write_policy_file(path / 'pretrained_model', meaning)
        write_json(path / _HISTORY, history.as_dict())
        # LeRobot's own removes the link before it makes the new one.
        point(path.with_name(_LAST), path)
        kept = {path, self.path(history.result_step)}
        for old in path.parent.iterdir():
            if old.is_dir() and not old.is_symlink() and old not in kept:
                shutil.rmtree(old)

    def resume(self, checkpoint: Path, learner: Learner) -> History:
        """Put optimizer, schedule and random numbers back; return what came before."""
        from lerobot.common.train_utils import load_training_state

        load_training_state(checkpoint, learner.optimizer, learner.scheduler)
        content = json.loads((checkpoint / _HISTORY).read_text())
        validations = [Validation(**values) for values in content['validations']]
        return History(content['losses'], validations)

    def publish(self, step: int) -> Path:
        """Make the checkpoint of a step the result; adapters are merged: it runs anywhere."""
        result, source = self._folder / 'pretrained_model', self.path(step)
        if (source / 'pretrained_model' / 'adapter_config.json').is_file():
            _merge_adapters(source / 'pretrained_model', result)
        else:
            point(result, source / 'pretrained_model')
        return result


def point(link: Path, target: Path) -> None:
    """Make a link beside its target or above it, or have it point elsewhere, in one step."""
    temporary = link.with_name(f'{link.name}.part')
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target.relative_to(link.parent))
    temporary.replace(link)


def _merge_adapters(source: Path, result: Path) -> None:
    from lerobot.configs import PreTrainedConfig
    from lerobot.policies.factory import get_policy_class
    from peft import PeftConfig, PeftModel

    config = PreTrainedConfig.from_pretrained(source)
    base = PeftConfig.from_pretrained(str(source)).base_model_name_or_path
    network = get_policy_class(config.type).from_pretrained(base, config=config)
    merged = PeftModel.from_pretrained(network, str(source)).merge_and_unload()
    merged.config.use_peft = False
    unfinished = result.with_name(f'{result.name}.part')
    shutil.rmtree(unfinished, ignore_errors=True)
    merged.save_pretrained(unfinished)
    for file in source.iterdir():
        if not file.name.startswith('adapter_') and not (unfinished / file.name).exists():
            shutil.copy(file, unfinished)
    if result.exists():
        shutil.rmtree(result)
    unfinished.rename(result)
