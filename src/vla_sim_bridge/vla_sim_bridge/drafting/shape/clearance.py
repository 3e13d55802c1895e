"""Distances between the links of a robot and to the table, by its capsules and spheres."""

from collections.abc import Sequence
from itertools import combinations

import mujoco
import numpy as np
from vla_contract.deployment.geometry import ControlPoint
from vla_contract.values import Vector
from vla_sim_bridge.drafting.kinematics.joint_tree import JointTree
from vla_sim_bridge.drafting.kinematics.posture import Posture
from vla_sim_bridge.drafting.shape.links import Link

# Distances beyond this are not told apart [m].
_FAR_M = 0.3
# Pairs that come no nearer than this in any pose need no watching.
_NEVER_M = 0.05
# Links that are nearer than is allowed in more than this share of all poses are so because of how
# they are built: spherical wrists, covers.
_OFTEN = 0.3
_POSES = 400
_PREFIX = 'capsule/'


class Clearance:
    """Distances in the present posture of a model that has the capsules in it."""

    def __init__(
        self, posture: Posture, pairs: Sequence[tuple[str, str]],
        points: Sequence[ControlPoint], least: float,
    ) -> None:  # fmt: skip
        """Keep what is measured.

        Args:
            posture: of a model from `with_capsules`.
            pairs: names of capsules.
            points: spheres that are to stay above the table, z = 0.
            least: smallest distance that is enough [m].
        """
        self.least = least
        self._posture = posture
        self._pairs = [(_geom(posture, a), _geom(posture, b)) for a, b in pairs]
        self._points = [
            (posture.model.body(p.body).id, np.array(p.offset), p.radius) for p in points
        ]

    def gap(self) -> float:
        """Return the smallest distance, of a pair of links or to the table [m]."""
        return float(min([_FAR_M, *self._heights(), *self.distances().tolist()]))

    def distances(self) -> Vector:
        """Return the distance of every pair, shape (pairs,) [m]; negative where they meet."""
        model, data = self._posture.model, self._posture.data
        return np.array(
            [mujoco.mj_geomDistance(model, data, a, b, _FAR_M, None) for a, b in self._pairs]
        )

    def _heights(self) -> list[float]:
        poses = (
            (self._posture.pose(body), offset, radius) for body, offset, radius in self._points
        )
        return [float((p + R @ offset)[2]) - radius for (p, R), offset, radius in poses]


def with_capsules(spec: mujoco.MjSpec, links: Sequence[Link]) -> mujoco.MjModel:
    """Compile a description with the capsules of its links as shapes that touch nothing."""
    spec = spec.copy()
    for link in links:
        capsule = link.capsule
        ends = [*capsule.start, *capsule.end]
        is_ball = np.allclose(capsule.start, capsule.end, atol=1e-4)
        spec.body(capsule.body).add_geom(
            name=_PREFIX + capsule.name,
            type=mujoco.mjtGeom.mjGEOM_SPHERE if is_ball else mujoco.mjtGeom.mjGEOM_CAPSULE,
            size=[capsule.radius, 0.0, 0.0],
            contype=0,
            conaffinity=0,
            mass=0.0,
            group=5,
            **({'pos': capsule.start} if is_ball else {'fromto': ends}),
        )
    return spec.compile()


def watched_pairs(
    tree: JointTree,
    links: Sequence[Link],
    posture: Posture,
    limits: dict[int, tuple[float, float]],
    least: float,
) -> list[tuple[str, str]]:
    """Return the pairs of capsules that can meet and do not have to.

    Left out are neighbours, pairs that many poses bring together, and those that none does.

    Args:
        tree: joints of the model.
        links: with their capsules.
        posture: of the model with the capsules; it is moved.
        limits: of the joints to try.
        least: distance that is to be kept [m].
    """
    candidates = [
        (a.capsule.name, b.capsule.name)
        for a, b in combinations(links, 2)
        if not _are_neighbours(tree, a.joint, b.joint)
    ]
    every = Clearance(posture, candidates, (), 0.0)
    rng = np.random.default_rng(0)
    found = []
    for _ in range(_POSES):
        posture.place({joint: rng.uniform(low, high) for joint, (low, high) in limits.items()})
        found.append(every.distances())
    if not candidates:
        return []
    distances = np.array(found)
    often = (distances < least).mean(axis=0)
    nearest = distances.min(axis=0)
    return [
        pair
        for pair, share, near in zip(candidates, often, nearest, strict=True)
        if share < _OFTEN and near < _NEVER_M
    ]


def _are_neighbours(tree: JointTree, first: int, second: int) -> bool:
    """Whether two links are one, or one joint lies between them."""
    above = {joint: (tree.above(joint) or [-1])[-1] for joint in (first, second) if joint >= 0}
    return first == second or above.get(first) == second or above.get(second) == first


def _geom(posture: Posture, name: str) -> int:
    return int(posture.model.geom(_PREFIX + name).id)
