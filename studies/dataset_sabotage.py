"""How many sabotaged episodes `vla check dataset` finds, and how many good ones it flags.

python studies/dataset_sabotage.py --datasets 20 --json sabotage.json

Every dataset has six episodes in one style of demonstration, with its own seeds; every second one
has its images in videos, encoded as LeRobot encodes them. Each kind of sabotage is done to one
episode of each dataset; a damaged file is read by the check from a dataset that LeRobot wrote.
"""

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
import multiprocessing
from pathlib import Path
import sys
import tempfile

import av
from dataset_sabotages import Kind, KINDS
from demonstration_styles import record_set, STYLES, Take
import numpy as np
from support.video_codec import through_codec
from tqdm import tqdm
from vla_contract.cli.command import DONE, NOT_GOOD_ENOUGH, write_json
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_lerobot.dataset_checks.dataset import check_episodes, EpisodeVerdict, judge
from vla_lerobot.dataset_checks.episodes import Episode, EpisodeLimits, EpisodeRows
from vla_lerobot.dataset_checks.images.signatures import signature, View, view_of
from vla_lerobot.features import ACTION, dataset_features, STATE
from vla_lerobot.frames import open_dataset
from vla_lerobot.lerobot_import import quiet_lerobot

EPISODES = 6
FOUND, FLAGGED = 0.95, 0.02
GOOD = 'nothing'


@dataclass(frozen=True)
class Trial:
    """What the check said of one dataset.

    Attributes:
        kind: of sabotage.
        style: of the demonstrations.
        is_video: whether images are videos.
        found: what it said of the sabotaged episode, empty for nothing.
        flagged: what it said of good episodes, by number.
        good: how many good episodes there were.
    """

    kind: str
    style: str
    is_video: bool
    found: tuple[str, ...]
    flagged: dict[int, tuple[str, ...]]
    good: int


class Bench:
    """Turns takes into what the check reads, and remembers the signatures of images."""

    def __init__(self, deployment: Deployment, is_video: bool) -> None:
        """Prepare for one dataset."""
        self._deployment, self._is_video = deployment, is_video
        self._views: dict[int, tuple[np.ndarray, View]] = {}

    def check(self, takes: Sequence[Take]) -> list[EpisodeVerdict]:
        """Check a dataset."""
        middle = float(np.median([len(take) for take in takes]))
        rate_hz = self._deployment.policy.rate_hz
        episodes = []
        for number, take in enumerate(takes):
            stamps = np.arange(len(take)) / rate_hz
            state, action = take.state.astype(np.float64), take.action.astype(np.float64)
            rows = EpisodeRows(state, action, stamps, len(take), middle)
            views = {key: self._view(key, stack) for key, stack in take.images.items()}
            episodes.append(Episode(number, rows, views))
        return judge(episodes, self._deployment, EpisodeLimits())

    def _view(self, key: str, stack: np.ndarray) -> View:
        if id(stack) not in self._views:
            images = through_codec(stack) if self._is_video else stack
            view = view_of(key, [signature(image) for image in images], self._is_video)
            # The array is kept, so that its id stays its own.
            self._views[id(stack)] = stack, view
        return self._views[id(stack)][1]


def trials(index: int) -> list[Trial]:
    """Record one dataset and sabotage it in every way."""
    style, is_video = STYLES[index % len(STYLES)], index % 2 == 1
    # Styles come again with the other kind of images.
    is_video ^= index // len(STYLES) % 2 == 1
    takes = record_set(style, EPISODES, 500_000 + 100 * index)
    deployment = load_deployment()
    bench = Bench(deployment, is_video)
    # The arrays of the good takes stay the same, and their signatures with them.
    done = [_trial(GOOD, style.name, is_video, bench.check(takes), ())]
    for number, kind in enumerate(KINDS):
        rng = np.random.default_rng(1000 * index + number)
        target = int(rng.integers(EPISODES))
        if kind.only_video:
            if is_video:
                verdicts = _damaged(takes, target, deployment)
                done.append(_trial(kind.name, style.name, is_video, verdicts, (target,)))
            continue
        spoiled = _spoiled(kind, takes, target, rng)
        verdicts = bench.check([*takes[:target], spoiled, *takes[target + 1 :]])
        bad = {target}
        if kind.is_copy:
            # Of two copies the first is good.
            bad = {max(target, (target - 1) % EPISODES)}
        done.append(_trial(kind.name, style.name, is_video, verdicts, tuple(bad)))
    return done


def _spoiled(kind: Kind, takes: list[Take], target: int, rng: np.random.Generator) -> Take:
    spoiled = kind.apply(takes, target, rng)
    if kind.only_numbers:
        spoiled.images = takes[target].images
    return spoiled


def _trial(
    kind: str,
    style: str,
    is_video: bool,
    verdicts: Sequence[EpisodeVerdict],
    bad: tuple[int, ...],
) -> Trial:
    found = tuple(fault for number in bad for fault in verdicts[number].faults)
    flagged = {v.episode: v.faults for v in verdicts if v.faults and v.episode not in bad}
    return Trial(kind, style, is_video, found, flagged, len(verdicts) - len(bad))


def _damaged(takes: list[Take], target: int, deployment: Deployment) -> list[EpisodeVerdict]:
    """Write the dataset with LeRobot, put zeros into an episode's part of its video, check it."""
    quiet_lerobot()
    from lerobot.datasets import LeRobotDataset

    features = dataset_features(deployment)
    cameras = [camera.feature for camera in deployment.policy.cameras]
    for camera in cameras:
        features[camera]['dtype'] = 'video'
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / 'set'
        written = LeRobotDataset.create(
            'local/set',
            round(deployment.policy.rate_hz),
            features,
            root=root,
            robot_type=deployment.cell.robot.name,
            use_videos=True,
        )
        for take in takes:
            for frame in range(len(take)):
                images = {key: stack[frame] for key, stack in take.images.items()}
                numbers = {STATE: take.state[frame], ACTION: take.action[frame]}
                written.add_frame({**numbers, **images, 'task': 'lift'})
            written.save_episode()
        written.finalize()
        [video] = root.glob('videos/**/*.mp4')
        _damage(video, sum(map(len, takes[:target])) + len(takes[target]) // 3)
        dataset = open_dataset(root)
        return check_episodes(dataset, dataset.__getitem__, deployment, EpisodeLimits())


def _damage(video: Path, frame: int) -> None:
    """Write zeros over the data of a frame."""
    with av.open(str(video)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    data = bytearray(video.read_bytes())
    start, size = packets[frame].pos, packets[frame].size
    data[start : start + size] = bytes(size)
    video.write_bytes(data)


def rows(done: Sequence[Trial]) -> Iterator[dict]:
    """Yield a row of the table per kind."""
    for kind in (GOOD, *(entry.name for entry in KINDS)):
        own = [trial for trial in done if trial.kind == kind]
        if own:
            yield {
                'kind': kind,
                'found': sum(bool(trial.found) for trial in own) if kind != GOOD else None,
                'of': len(own),
                'flagged': sum(len(trial.flagged) for trial in own),
                'good': sum(trial.good for trial in own),
            }


def markdown(table: Sequence[dict]) -> str:
    """Return the table."""
    lines = ['| sabotage | found | good episodes flagged |', '|---|---|---|']
    for row in table:
        found = '' if row['found'] is None else f'{row["found"]}/{row["of"]}'
        lines.append(f'| {row["kind"]} | {found} | {row["flagged"]}/{row["good"]} |')
    return '\n'.join(lines)


def main() -> int:
    """Run the study and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--datasets', type=int, default=20)
    parser.add_argument('--first', type=int, default=0, help='number of the first dataset')
    parser.add_argument('--workers', type=int, default=2)
    parser.add_argument('--json', type=Path)
    args = parser.parse_args()
    indices = range(args.first, args.first + args.datasets)
    with ProcessPoolExecutor(args.workers, multiprocessing.get_context('spawn')) as pool:
        done = [t for own in tqdm(pool.map(trials, indices), total=len(indices)) for t in own]
    table = list(rows(done))
    print(markdown(table))
    for trial in done:
        where = f'{trial.style}, {"video" if trial.is_video else "images"}, {trial.kind}'
        if not trial.found and trial.kind != GOOD:
            print(f'missed: {where}')
        for number, faults in trial.flagged.items():
            print(f'flagged: {where}: episode {number}: {"; ".join(faults)}')
    if args.json:
        write_json(args.json, {'rows': table, 'trials': [asdict(trial) for trial in done]})
    spoiled = [row for row in table if row['found'] is not None]
    found = sum(row['found'] for row in spoiled) / sum(row['of'] for row in spoiled)
    flagged = sum(row['flagged'] for row in table) / sum(row['good'] for row in table)
    print(f'found {found:.1%} of the sabotaged, flagged {flagged:.2%} of the good episodes')
    return DONE if found >= FOUND and flagged <= FLAGGED else NOT_GOOD_ENOUGH


if __name__ == '__main__':
    sys.exit(main())
