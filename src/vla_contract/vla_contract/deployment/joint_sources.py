"""Where the measured joints of a cell come from: topics, and what the names there lack."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from vla_contract.deployment.placing import PlacedRobot
from vla_contract.deployment.robot import GRIPPER


@dataclass(frozen=True)
class JointSource:
    """A topic of JointState.

    Attributes:
        topic: relative name.
        prefix: what the names of the cell have before those on the topic.
        joints: joints of the cell that a simulated driver publishes there.
    """

    topic: str
    prefix: str
    joints: tuple[str, ...]

    def names(self, heard: Sequence[str]) -> list[str]:
        """Return the cell's names of joints that are heard of on the topic."""
        return [self.prefix + name for name in heard]

    def own_names(self) -> list[str]:
        """Return what a driver calls the joints that it publishes there."""
        return [name.removeprefix(self.prefix) for name in self.joints]


def joint_sources(robots: Iterable[PlacedRobot]) -> tuple[JointSource, ...]:
    """Return the topics of all robots of a cell, one that several share once."""
    found: dict[str, JointSource] = {}
    for source in (source for placed in robots for source in _sources(placed)):
        known = found.get(source.topic)
        joints = (known.joints if known else ()) + source.joints
        found[source.topic] = JointSource(source.topic, source.prefix, joints)
    return tuple(found.values())


def _sources(placed: PlacedRobot) -> Iterator[JointSource]:
    """Yield the topics of one robot: the first has its arm, the second its gripper."""
    robot = placed.robot
    fingers = {robot.joint_names[i] for i in robot.indices(GRIPPER)}
    is_split = len(robot.joint_states) > 1
    for number, topic in enumerate(robot.joint_states):
        here = robot.joint_names
        if is_split:
            here = tuple(name for name in here if (name in fingers) == (number == 1))
        yield JointSource(
            placed.topic(topic),
            placed.prefix if placed.drivers_own_names else '',
            tuple(placed.prefix + name for name in here) if number < 2 else (),
        )
