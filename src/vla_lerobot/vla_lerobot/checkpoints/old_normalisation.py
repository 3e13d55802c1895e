"""Checkpoints of LeRobot before its processors: statistics stand among the weights.

What `lerobot.processor.migrate_policy_normalization` writes into a new folder, done in memory. The
names of features come from the configuration: that script makes points of all their underscores.
"""

from pathlib import Path
from typing import Any

from vla_contract.errors import PolicyError
from vla_lerobot.checkpoints.weights import require_weights_file, WEIGHTS

OLD_BUFFERS = ('normalize_inputs.', 'normalize_targets.', 'unnormalize_outputs.')
"""How the names of such statistics begin."""
NOTE = (
    'normalisation: from statistics among the weights, as an old LeRobot wrote them; this is what '
    'python -m lerobot.processor.migrate_policy_normalization makes of them'
)
PIPELINES = ('policy_preprocessor.json', 'policy_postprocessor.json')
_STATISTICS = ('mean', 'std', 'min', 'max')


def has_old_buffers(path: Path) -> bool:
    """Whether a file of weights holds statistics of an old LeRobot."""
    from safetensors import safe_open

    with safe_open(path, framework='pt') as file:
        return any(key.startswith(OLD_BUFFERS) for key in file.keys())  # noqa: SIM118


def old_statistics(folder: Path, source: str, config: Any) -> dict[str, dict[str, Any]] | None:
    """Return the statistics of an old checkpoint, None for one with LeRobot's processors.

    Args:
        folder: of the checkpoint.
        source: what the user calls it, for errors.
        config: LeRobot's configuration of the policy.

    Returns:
        Per feature its statistics by name, as LeRobot makes processors of them.

    Raises:
        PolicyError: a processor's file is missing and there are no statistics, or both are there.
        WeightsError: the file of the weights is damaged.
    """
    missing = [name for name in PIPELINES if not (folder / name).is_file()]
    path = folder / WEIGHTS  # an adapter has none
    is_old = path.is_file() and has_old_buffers(require_weights_file(folder, source))
    if not missing and not is_old:
        return None
    if not is_old:
        raise PolicyError(
            f"checkpoint '{source}' has no {' and no '.join(missing)}, and no statistics among "
            "its weights either; allowed: the whole folder pretrained_model of LeRobot's training"
        )
    if len(missing) < len(PIPELINES):
        raise PolicyError(
            f"checkpoint '{source}' has statistics among its weights ({OLD_BUFFERS[0]}*) and in "
            'its processors; allowed: one of them; take the folder as it was before a migration'
        )
    prefixes = dict.fromkeys(config.input_features, OLD_BUFFERS[0])
    prefixes |= dict.fromkeys(config.output_features, OLD_BUFFERS[2])
    return _read(path, prefixes)


def _read(path: Path, prefixes: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return the statistics of features, by the beginning of their buffers' names."""
    from safetensors import safe_open

    found: dict[str, dict[str, Any]] = {}
    with safe_open(path, framework='pt') as file:
        keys = set(file.keys())
        for feature, prefix in prefixes.items():
            buffer = f'{prefix}buffer_{feature.replace(".", "_")}'
            found[feature] = {
                statistic: file.get_tensor(f'{buffer}.{statistic}')
                for statistic in _STATISTICS
                if f'{buffer}.{statistic}' in keys
            }
    return {feature: entry for feature, entry in found.items() if entry}
