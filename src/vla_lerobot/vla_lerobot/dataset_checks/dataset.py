"""Every episode of a dataset, with what is wrong with it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vla_contract.deployment.deployment import Deployment
from vla_lerobot.dataset_checks import copies
from vla_lerobot.dataset_checks.episodes import Episode, EpisodeLimits, EpisodeRows, Recorded
from vla_lerobot.dataset_checks.finding import Finding
from vla_lerobot.dataset_checks.images import colours, pictures, standstill, timing
from vla_lerobot.dataset_checks.numbers import basics, following, joint_order, motion, unlike
from vla_lerobot.dataset_checks.reading import read_episodes, ReadFrame

Check = Callable[[Recorded], Iterator[Finding]]

# In this order: whoever is bad by itself is no measure for the others.
ALONE: tuple[Check, ...] = (
    basics.out_of_time,
    basics.truncated,
    basics.idle,
    basics.beyond_limits,
    following.measured_actions,
    following.disagreeing,
    motion.stuck,
    pictures.without_content,
    standstill.standing,
)
NUMBERS_OF_OTHERS: tuple[Check, ...] = (
    following.misaligned,
    motion.jumping,
    unlike.apart,
    joint_order.exchanged_joints,
    unlike.grippers,
    unlike.unfinished,
)
IMAGES_OF_OTHERS: tuple[Check, ...] = (
    pictures.flashing,
    timing.untimely,
    timing.foreign,
    colours.exchanged_channels,
    colours.exchanged_cameras,
)


@dataclass(frozen=True)
class EpisodeVerdict:
    """What the check says of one episode.

    Attributes:
        episode: its number in the dataset.
        rows: its numbers.
        findings: what is wrong; none for a good one.
        lag: frames by which its state follows its action, None where nothing tells.
    """

    episode: int
    rows: EpisodeRows
    findings: tuple[Finding, ...]
    lag: float | None = None

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong, one sentence each; none for a good one."""
        return tuple(finding.fault for finding in self.findings)


def check_episodes(
    dataset: Any, read: ReadFrame, deployment: Deployment, limits: EpisodeLimits
) -> list[EpisodeVerdict]:
    """Read a whole dataset and judge its episodes; every image is decoded once.

    Args:
        dataset: LeRobotDataset that fits the deployment.
        read: returns a frame of it, by its number.
        deployment: the robot, and what the numbers mean.
        limits: from where on an episode is bad.
    """
    return judge(read_episodes(dataset, read, deployment), deployment, limits)


def judge(
    episodes: Sequence[Episode], deployment: Deployment, limits: EpisodeLimits
) -> list[EpisodeVerdict]:
    """Judge episodes, each by itself and by the others."""
    found: dict[int, list[Finding]] = {episode.number: [] for episode in episodes}
    for episode in episodes:
        found[episode.number] += [*basics.corrupt(episode), *episode.unread]
    lost = {number for number, findings in found.items() if findings}
    data = Recorded(tuple(e for e in episodes if e.number not in lost), deployment, limits)
    for checks in (ALONE, NUMBERS_OF_OTHERS, IMAGES_OF_OTHERS):
        for check in checks:
            for finding in check(data):
                found[finding.episode].append(finding)
        data = _without_spoiled(data, [f for findings in found.values() for f in findings])
    # Of two copies the first stays good, where nothing else is wrong with it.
    good = tuple(episode for episode in episodes if not found[episode.number])
    for finding in copies.copies(Recorded(good, deployment, limits)):
        found[finding.episode].append(finding)
    whole = [e for e in episodes if not any(True for _ in basics.corrupt(e))]
    lags = following.all_following(Recorded(tuple(whole), deployment, limits))
    return [
        EpisodeVerdict(
            episode.number,
            episode.rows,
            tuple(found[episode.number]),
            lags[episode.number].lag if episode.number in lags else None,
        )
        for episode in episodes
    ]


def _without_spoiled(data: Recorded, findings: Sequence[Finding]) -> Recorded:
    """Return what is still a measure: episodes with good numbers, and their good images."""
    spoiled = {(finding.episode, finding.camera) for finding in findings}
    kept = [
        replace(
            episode,
            views={
                camera: view
                for camera, view in episode.views.items()
                if (episode.number, camera) not in spoiled
            },
        )
        for episode in data.episodes
        if (episode.number, '') not in spoiled
    ]
    return replace(data, episodes=tuple(kept))
