"""What was seen before an observation, for policies that look at more than the newest."""

from collections.abc import Sequence
from dataclasses import replace

from vla_contract.values import Observation


def look_back(observation: Observation, count: int) -> tuple[Observation, ...]:
    """Return an observation and those before it, oldest first.

    Where fewer were seen since the episode began, the oldest is repeated, as LeRobot's queues do
    after a reset (`lerobot.policies.utils.populate_queues`).

    Args:
        observation: the newest, with what it says of earlier ones.
        count: how many before it.

    Returns:
        count + 1 observations.
    """
    seen = (*observation.earlier, observation)[-(count + 1) :]
    return (seen[0],) * (count + 1 - len(seen)) + seen


def with_earlier(frames: Sequence[Observation], index: int, count: int) -> Observation:
    """Return one of an episode's frames as a policy sees it that looks back.

    Args:
        frames: of one episode from its beginning, one period of the policy apart.
        index: of the frame.
        count: how many frames before it the policy looks at.
    """
    return replace(frames[index], earlier=tuple(frames[max(0, index - count) : index]))
