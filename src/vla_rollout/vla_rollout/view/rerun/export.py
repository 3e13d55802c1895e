"""Log a recorded episode into a file of Rerun, or into its viewer."""

from collections.abc import Callable
import os
from pathlib import Path
import sys
from typing import Any

import numpy as np
from vla_contract.errors import VlaError
from vla_contract.values import to_ns
from vla_rollout.view.chosen import Chosen
from vla_rollout.view.rerun.joints import EFFORTS, JointCurves, VELOCITIES
from vla_rollout.view.rerun.layout import episode_layout
from vla_rollout.view.rerun.library import load_rerun
from vla_rollout.view.rerun.pictures import send_pictures
from vla_rollout.view.rerun.scene import camera_places, Scene
from vla_rollout.view.rerun.timelines import Timelines
from vla_rollout.view.rerun.words import send_words
from vla_rollout.view.watched import Watched

APPLICATION = 'vla-deploy'


def export_rrd(output: Path, chosen: Chosen, watched: Watched, namespace: str = '') -> str:
    """Write an .rrd file, whole or not at all; return what is missing in it, '' for nothing.

    Args:
        output: the file.
        chosen: the episode.
        watched: what is in it.
        namespace: of the robot.

    Raises:
        VlaError: Rerun is not installed.
        OSError: the file cannot be written.
    """
    load_rerun()
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_name(f'{output.name}.{os.getpid()}.part')
    try:
        part.touch()
        missing = _log(chosen, watched, namespace, lambda r, layout: r.save(part, layout))
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
    return missing


def open_viewer(chosen: Chosen, watched: Watched, namespace: str = '') -> str:
    """Start the viewer and show an episode in it; return what is missing, '' for nothing.

    Raises:
        VlaError: as `export_rrd`, or there is no display.
    """
    load_rerun()
    is_blind = not (os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY'))
    if sys.platform == 'linux' and is_blind:
        raise VlaError('found no display for the viewer of Rerun; write a file with --output')
    return _log(
        chosen, watched, namespace,
        lambda recording, layout: recording.spawn(default_blueprint=layout),
    )  # fmt: skip


def _log(
    chosen: Chosen, watched: Watched, namespace: str, into: Callable[[Any, Any], object]
) -> str:
    cell, policy = chosen.deployment.cell, chosen.deployment.policy
    first_ns = watched.samples[0].stamp_ns
    first_plan_ns = watched.first_plan_ns
    timelines = Timelines(
        first_ns, first_ns if first_plan_ns is None else first_plan_ns, to_ns(1 / policy.rate_hz)
    )
    places = camera_places(cell)
    recording = load_rerun().RecordingStream(APPLICATION)
    into(recording, episode_layout(cell, places, _moments(watched)))
    recording.send_recording_name(chosen.name)
    for name, text in (('deployment', chosen.deployment.name), ('outcome', chosen.outcome)):
        if text:
            recording.send_property(name, load_rerun().AnyValues(**{name: text}))
    JointCurves(recording, cell, timelines).send(watched)
    missing = Scene(recording, cell, timelines).send(watched)
    send_words(recording, watched, timelines)
    send_pictures(recording, chosen.path, cell, timelines, places, namespace)
    recording.flush()
    recording.disconnect()
    return missing


def _moments(watched: Watched) -> list[str]:
    """Return what was measured beside positions."""
    found = []
    if any(np.isfinite(sample.velocity).any() for sample in watched.samples):
        found.append(VELOCITIES)
    efforts = (sample.effort for sample in watched.samples if sample.effort is not None)
    if any(np.isfinite(effort).any() for effort in efforts):
        found.append(EFFORTS)
    return found
