"""Convert MCAP recordings to a LeRobotDataset v3."""

import argparse
from pathlib import Path
import sys
from typing import Any

from tqdm import tqdm
from vla_contract.cli.command import command_parser, run_command, write_json
from vla_contract.cli.deployment_arguments import add_deployment, deployment_of
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


def convert(args: argparse.Namespace) -> int:
    """Write every recording in which the policy acted as one episode.

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
    print(f'{len(episodes)} episodes, {total} frames in {args.output}')
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
    try:
        for file, notes in tqdm(recordings, unit='recording'):
            frames, damages = _add_frames(dataset, file, deployment, namespace)
            if frames:
                dataset.save_episode()
                episode = {**notes, 'recording': file.name, 'frames': frames}
                episodes.append(episode | ({'damages': damages} if damages else {}))
    finally:
        # Otherwise it writes once more when it is forgotten, into a folder that is gone.
        dataset.finalize()
    if not episodes:
        raise VlaError(
            f'none of {len(recordings)} recordings has a frame: no chunk, image or action'
        )
    write_statistics(folder)
    record = {
        'robot': deployment.cell.robot.name,
        'deployment': deployment.name,
        'deployment_sha256': deployment.sha256,
        'cell': deployment.cell.name,
        'cell_sha256': deployment.cell.sha256,
        'episodes': episodes,
    }
    write_json(folder / 'meta' / 'vla_episodes.json', record)
    return episodes


def _add_frames(
    dataset: Any, file: Path, deployment: Deployment, namespace: str
) -> tuple[int, list[str]]:
    """Add the frames of a recording; returns how many, and what of it could not be read."""
    damages: list[str] = []

    def note(damage: Damage) -> None:
        damages.append(str(damage))
        say_damage(damage)

    count = 0
    for frame in recorded_frames(file, deployment, namespace, note):
        dataset.add_frame(frame)
        count += 1
    return count, damages


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'dataset convert',
        'Turn recordings (ours, or of ros2 bag record) into a LeRobotDataset v3.',
        'vla dataset convert runs/recordings --output datasets/real',
    )
    parser.add_argument('recordings', nargs='+', type=Path, help='MCAP files or folders of them')
    parser.add_argument('--output', type=Path, required=True, help='new dataset folder')
    add_deployment(parser)
    add_namespace(parser)
    parser.add_argument('--only', default='', help="episodes with this outcome, e.g. 'success'")
    args = parser.parse_args(argv)
    return run_command(lambda: convert(args))


if __name__ == '__main__':
    sys.exit(main())
