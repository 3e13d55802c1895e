"""Convert MCAP recordings to a LeRobotDataset v3."""

import argparse
from dataclasses import dataclass, field
from pathlib import Path
import sys
from typing import Any

from vla_contract.cli.command import command_parser, run_command, write_json
from vla_contract.cli.deployment_arguments import add_deployment, deployment_of
from vla_contract.cli.path_types import folder_to_write
from vla_contract.cli.progress import watched
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import VlaError
from vla_contract.recordings.arguments import add_namespace
from vla_contract.recordings.damage import Damage, say_damage
from vla_contract.recordings.files import recordings_in
from vla_contract.recordings.recording import Recording
from vla_contract.whole_file import whole_folder
from vla_lerobot.frames import new_dataset
from vla_lerobot.written_statistics import write_statistics
from vla_rollout.recording.frames import frame_features, recorded_frames
from vla_rollout.recording.gap import Gap


def convert(args: argparse.Namespace) -> int:
    """Write every recording in which the policy acted as one episode.

    One in which time is missing is left out: a dataset would play it without the pause.

    Raises:
        VlaError: the output exists, a recording is damaged, or none has a frame.
    """
    if args.output.exists():
        raise VlaError(f'{args.output} exists; name a new folder, nothing was written')
    deployment = deployment_of(args)
    recordings = [
        (file, notes)
        for path in args.recordings
        for file in recordings_in(path)
        if (notes := Recording(file).metadata('vla')).get('outcome', '') == args.only
        or not args.only
    ]
    if not recordings:
        raise VlaError(f"no recording has the outcome '{args.only}'; nothing was written")
    with whole_folder(args.output) as folder:
        episodes = _write_dataset(folder, args.output.name, deployment, recordings, args.namespace)
    total = sum(int(episode['frames']) for episode in episodes)
    missing = len(recordings) - len(episodes)
    left_out = f', {missing} recordings left out' if missing else ''
    print(f'{len(episodes)} episodes, {total} frames in {args.output}{left_out}')
    return 0


def _write_dataset(
    folder: Path,
    name: str,
    deployment: Deployment,
    recordings: list[tuple[Path, dict[str, str]]],
    namespace: str,
) -> list[dict[str, Any]]:
    """Write recordings, each with its notes, into a new folder; return what each episode is.

    Raises:
        VlaError: a recording is damaged, or none has a frame.
    """
    dataset = new_dataset(folder, name, deployment, frame_features(deployment))
    episodes: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    try:
        for file, notes in watched(recordings, 'recordings'):
            added = _add_frames(dataset, file, deployment, namespace)
            if fault := added.fault:
                left_out[file.name] = fault
                print(f'{file} is left out: {fault}', file=sys.stderr)
                dataset.clear_episode_buffer()
                continue
            dataset.save_episode()
            episode = {**notes, 'recording': file.name, 'frames': added.frames}
            episodes.append(episode | ({'damages': added.damages} if added.damages else {}))
    finally:
        # Otherwise it writes once more when it is forgotten, into a folder that is gone.
        dataset.finalize()
    if not episodes:
        [one, *others] = left_out.values()
        more = f', and {len(others)} others' if others else ''
        raise VlaError(f'none of {len(recordings)} recordings can be an episode: {one}{more}')
    write_statistics(folder)
    record = {
        'robot': deployment.cell.robot.name,
        'deployment': deployment.name,
        'deployment_sha256': deployment.sha256,
        'cell': deployment.cell.name,
        'cell_sha256': deployment.cell.sha256,
        'episodes': episodes,
        'left_out': left_out,
    }
    write_json(folder / 'meta' / 'vla_episodes.json', record)
    return episodes


@dataclass
class _Added:
    """What was read of a recording.

    Attributes:
        frames: how many.
        damages: what of it could not be read.
        gaps: where time is missing between two frames.
    """

    frames: int = 0
    damages: list[str] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    @property
    def fault(self) -> str:
        """Why it is no episode, '' if it is one."""
        if not self.frames:
            return 'no frame has a chunk, an image and an action'
        if not self.gaps:
            return ''
        longest = max(self.gaps, key=lambda gap: gap.duration_s)
        count = f'{len(self.gaps)} gaps, the longest: ' if len(self.gaps) > 1 else ''
        return f'time is missing between its frames: {count}{longest}'

    def note(self, damage: Damage) -> None:
        """Keep and say what could not be read."""
        self.damages.append(str(damage))
        say_damage(damage)


def _add_frames(dataset: Any, file: Path, deployment: Deployment, namespace: str) -> _Added:
    """Add the frames of a recording to the episode that is being written."""
    added = _Added()
    frames = recorded_frames(file, deployment, namespace, added.note, added.gaps.append)
    for frame in frames:
        dataset.add_frame(frame)
        added.frames += 1
    return added


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'dataset convert',
        'Turn recordings (ours, or of ros2 bag record) into a LeRobotDataset v3.',
        'vla dataset convert runs/recordings --output datasets/real',
    )
    parser.add_argument('recordings', nargs='+', type=Path, help='MCAP files or folders of them')
    parser.add_argument('--output', type=folder_to_write, required=True, help='new dataset folder')
    add_deployment(parser)
    add_namespace(parser)
    parser.add_argument('--only', default='', help="episodes with this outcome, e.g. 'success'")
    args = parser.parse_args(argv)
    return run_command(lambda: convert(args))


if __name__ == '__main__':
    sys.exit(main())
