"""A checkpoint's network, filled from its file and from nothing else."""

from contextlib import redirect_stdout
import io
from pathlib import Path
from typing import Any

from vla_lerobot.checkpoints.old_normalisation import has_old_buffers, OLD_BUFFERS
from vla_lerobot.checkpoints.weights import require_same_weights, require_weights_file


def load_network(policy_class: Any, config: Any, folder: Path, source: str) -> Any:
    """Return the network of a folder.

    Args:
        policy_class: LeRobot's class of the policy.
        config: LeRobot's configuration of it.
        folder: with the weights.
        source: what the user calls it, for errors.

    Raises:
        WeightsError: the file is missing, damaged, or does not fit.
    """
    path = require_weights_file(folder, source)
    is_old = has_old_buffers(path)
    said = io.StringIO()  # it prints 'Loading weights' in the middle of ours
    with redirect_stdout(said):
        network = policy_class.from_pretrained(str(folder), config=config, strict=not is_old)
    complaints = [line for line in said.getvalue().splitlines() if 'Could not load' in line]
    require_same_weights(
        path,
        source,
        network.state_dict(),
        ' '.join(complaints),
        elsewhere=OLD_BUFFERS if is_old else (),
    )
    return network
