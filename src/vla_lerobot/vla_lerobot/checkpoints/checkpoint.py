"""Load a LeRobot checkpoint and hold what belongs to it; nothing that does not fit comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError, PolicyMismatchError, VlaError
from vla_contract.vectors.component import END_EFFECTOR_DELTA, JOINT_POSITION
from vla_lerobot.checkpoints.adapter import is_adapter, load_adapted
from vla_lerobot.checkpoints.checks import (
    check_features,
    check_rate,
    check_statistics,
)
from vla_lerobot.checkpoints.configuration import policy_type, read_configuration, whole_text
from vla_lerobot.checkpoints.data_only import require_data_only, require_known_steps
from vla_lerobot.checkpoints.inputs import rename_map
from vla_lerobot.checkpoints.instruction_encoder import load_instruction_encoder
from vla_lerobot.checkpoints.manifest import read_manifest
from vla_lerobot.checkpoints.network import load_network
from vla_lerobot.checkpoints.old_normalisation import NOTE, old_statistics
from vla_lerobot.checkpoints.remote_code import refuse_remote_code
from vla_lerobot.checkpoints.source import checkpoint_folder, resolve_checkpoint
from vla_lerobot.checkpoints.vector_names import vector_names, VectorNames
from vla_lerobot.compatibility import require_same_units
from vla_lerobot.instruction_embedding import InstructionEncoder
from vla_lerobot.lerobot_import import quiet_lerobot, skip_unneeded_extras


@dataclass(frozen=True)
class Checkpoint:
    """A trained policy with everything that was saved beside it.

    Attributes:
        source: folder or hub id it came from.
        folder: where its files are on this machine.
        network: LeRobot's policy, in evaluation mode on its device.
        preprocess: LeRobot's pipeline from observation to network.
        postprocess: LeRobot's pipeline from network to actions.
        names: joint names of its vectors, in its own order.
        encoder: of a policy that is told its instruction as an embedding, else None.
        manifest: what our training commands wrote about it; empty for others.
        given: width of each input that it is given, by its own name of it.
        fitting: what of its files was mapped to the deployment, one sentence each.
    """

    source: str
    folder: Path
    network: Any
    preprocess: Any
    postprocess: Any
    names: VectorNames
    encoder: InstructionEncoder | None
    manifest: dict[str, Any]
    given: Mapping[str, int]
    fitting: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was mapped on loading, what had to be believed, what is done elsewhere."""
        notes = (*self.names.notes, *self.fitting)
        decay = getattr(self.network.config, 'temporal_ensemble_coeff', None)
        if decay is None:
            return notes
        # LeRobot's ensemble lives in `select_action`, which must think in every control period.
        # The filter's takes chunks whenever they come, and weights them by the same rule.
        advice = f"temporal ensembling is the action filter's: seam: ensemble, decay {decay:g}"
        return (*notes, f'{advice}; with a small execute_steps here')

    @property
    def takes_instruction(self) -> bool:
        """Whether the text of the task reaches the network, as tokens or as an embedding."""
        steps = (type(step).__name__ for step in self.preprocess.steps)
        return self.encoder is not None or any('Tokenizer' in name for name in steps)


def load_checkpoint(deployment: Deployment, device: str) -> Checkpoint:
    """Load the checkpoint that is the source of a deployment's policy.

    Raises:
        PolicyError: there is no such checkpoint, it is damaged, or the device does not exist.
        CodeInCheckpointError: loading it would run code that `deployment.allow_code` does not
            name.
        WeightsError: its weights do not fill its network.
        PolicyMismatchError: features, joint names, rate or statistics do not fit the deployment.
        VlaError: the instruction encoder it was trained with is not there.
    """
    policy = deployment.policy
    if policy.action_kind == END_EFFECTOR_DELTA:
        raise PolicyMismatchError(
            f'policy {policy.name} has actions of kind {policy.action_kind}; backend '
            f'lerobot answers with {JOINT_POSITION} or moves of joints (see backend remote)'
        )
    quiet_lerobot()
    import torch

    source = resolve_checkpoint(policy.source)
    if device.startswith('cuda') and not torch.cuda.is_available():
        raise PolicyError(f"device '{device}' is not available here; allowed: cpu")
    folder = checkpoint_folder(source)
    require_data_only(folder, source, deployment.allow_code)
    try:
        checkpoint = _load(deployment, source, folder, device)
    except VlaError:
        raise
    except Exception as error:
        text = whole_text(error)
        raise PolicyError(f"checkpoint '{source}' cannot be loaded: {text}") from error
    check_statistics(source, checkpoint.preprocess, checkpoint.postprocess, checkpoint.given)
    return checkpoint


def _load(deployment: Deployment, source: str, folder: Path, device: str) -> Checkpoint:
    skip_unneeded_extras(policy_type(folder, source), is_adapter(folder))
    refuse_remote_code(deployment.allow_code)
    from lerobot.policies.factory import get_policy_class

    config = read_configuration(folder, source)
    manifest = read_manifest(folder)
    encoder = load_instruction_encoder(str(folder), config)
    embedding = encoder.size if encoder else 0
    inputs = check_features(deployment, source, config, embedding, rename_map(folder))
    check_rate(deployment, source, manifest)
    names = vector_names(deployment, source, config, manifest)
    require_same_units(deployment, source, manifest)
    config.device = device
    policy_class = get_policy_class(config.type)
    require_known_steps(folder, source, deployment.allow_code)
    statistics = old_statistics(folder, source, config)
    load = partial(load_network, policy_class, config)
    if is_adapter(folder, config):
        network = load_adapted(folder, source, load, deployment.allow_code)
    else:
        network = load(folder, source)
    preprocess, postprocess = _pipelines(folder, config, statistics)
    return Checkpoint(
        source,
        folder,
        network.to(device).eval(),
        preprocess,
        postprocess,
        names,
        encoder,
        manifest,
        inputs.widths,
        inputs.notes if statistics is None else (*inputs.notes, NOTE),
    )


def _pipelines(folder: Path, config: Any, statistics: dict[str, Any] | None) -> tuple[Any, Any]:
    """Return LeRobot's pipelines of a folder, or made from statistics."""
    from lerobot.policies.factory import make_pre_post_processors

    made: tuple[Any, Any]
    if statistics is not None:
        made = make_pre_post_processors(config, dataset_stats=statistics)
        return made
    overrides = {'device_processor': {'device': config.device}}
    made = make_pre_post_processors(
        config, pretrained_path=str(folder), preprocessor_overrides=overrides
    )
    return made
