"""Write a recorded episode and a layout of it for Foxglove."""

import json
from pathlib import Path

from vla_contract.errors import VlaError
from vla_contract.recordings.recording import Recording
from vla_contract.whole_file import write_whole
from vla_rollout.view.chosen import Chosen
from vla_rollout.view.foxglove.additions import write_completed
from vla_rollout.view.foxglove.layout import EpisodeLayout
from vla_rollout.view.watched import Watched


def layout_beside(output: Path) -> Path:
    """Return where the layout of a recording goes."""
    return output.with_suffix('.layout.json')


def export_mcap(output: Path, chosen: Chosen, watched: Watched, namespace: str = '') -> str:
    """Write an MCAP file that Foxglove shows whole, and a layout beside it.

    Args:
        output: the file; one that is there is replaced.
        chosen: the episode.
        watched: what is in it.
        namespace: of the robot.

    Returns:
        What is missing in it, '' for nothing.

    Raises:
        VlaError: the file is the recording itself, or that has changed since.
        OSError: a file cannot be written.
    """
    if output.resolve() == chosen.path.resolve():
        raise VlaError(f'--output: found {output}, the recording itself; allowed: another file')
    output.parent.mkdir(parents=True, exist_ok=True)
    cell = chosen.deployment.cell
    topics, missing = write_completed(output, Recording(chosen.path), cell, watched)
    layout = EpisodeLayout(chosen.path, cell, topics, namespace).build()
    write_whole(layout_beside(output), json.dumps(layout, indent=1) + '\n')
    return missing
