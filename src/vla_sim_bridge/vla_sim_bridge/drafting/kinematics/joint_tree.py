"""The joints of a compiled model as a tree, and who moves each of them."""

from collections.abc import Iterable

import mujoco

_MOVING = {int(mujoco.mjtJoint.mjJNT_HINGE), int(mujoco.mjtJoint.mjJNT_SLIDE)}
_LOOPS = {int(mujoco.mjtEq.mjEQ_CONNECT), int(mujoco.mjtEq.mjEQ_WELD)}
_ON_JOINT = {int(mujoco.mjtTrn.mjTRN_JOINT), int(mujoco.mjtTrn.mjTRN_JOINTINPARENT)}


class JointTree:
    """Which hinges and slides there are, which are above others, and which have a motor.

    Joints are their indices in the model. What hangs on a free or ball joint is an object, no
    part of the robot, and left out.

    Attributes:
        joints: all of them, in the order of the model.
        motors: those with an actuator of their own.
        tendons: actuator of a tendon to the joints that it pulls, the first one leads.
        followers: joint that an equality moves to the joint that leads it.
        has_loops: whether bodies are tied to each other, so that some joints move as others do.
    """

    def __init__(self, model: mujoco.MjModel) -> None:
        self.model = model
        self._parents = [self._joint_above(joint) for joint in range(model.njnt)]
        self.joints = [joint for joint in range(model.njnt) if self._is_of_robot(joint)]
        self.motors = self._motors()
        self.tendons = self._tendons()
        self.followers = self._followers()
        self.has_loops = not _LOOPS.isdisjoint(model.eq_type.tolist())

    def name(self, joint: int) -> str:
        """Return the name of a joint in the model."""
        return str(self.model.joint(joint).name)

    def index(self, name: str) -> int:
        """Return the joint of a name."""
        return int(self.model.joint(name).id)

    def body(self, joint: int) -> int:
        """Return the body that a joint moves."""
        return int(self.model.jnt_bodyid[joint])

    def above(self, joint: int) -> list[int]:
        """Return the joints between the base and a joint, from the base on."""
        found: list[int] = []
        while (joint := self._parents[joint]) >= 0:
            found.insert(0, joint)
        return found

    def below(self, joint: int) -> list[int]:
        """Return the joints that a joint moves."""
        return [other for other in self.joints if joint in self.above(other)]

    def moving(self, body: int) -> int:
        """Return the joint that moves a body, the last above it; -1 for a part of the base."""
        while body > 0:
            if self.model.body_jntnum[body]:
                last = self.model.body_jntadr[body] + self.model.body_jntnum[body] - 1
                return int(last)
            body = int(self.model.body_parentid[body])
        return -1

    def link(self, joint: int) -> list[int]:
        """Return the bodies that are fixed to that which a joint moves, itself the first."""
        bodies = range(self.model.nbody)
        return [body for body in bodies if body > 0 and self.moving(body) == joint]

    def is_driven(self, joint: int) -> bool:
        """Whether an actuator moves it, alone or by a tendon."""
        return joint in self.motors or any(joint in pulled for pulled in self.tendons.values())

    def _joint_above(self, joint: int) -> int:
        model = self.model
        body = model.jnt_bodyid[joint]
        if joint > model.body_jntadr[body]:
            return joint - 1
        return self.moving(int(model.body_parentid[body]))

    def _is_of_robot(self, joint: int) -> bool:
        return all(int(self.model.jnt_type[j]) in _MOVING for j in [*self.above(joint), joint])

    def _motors(self) -> dict[int, int]:
        model = self.model
        of_joints = (a for a in range(model.nu) if int(model.actuator_trntype[a]) in _ON_JOINT)
        return {int(model.actuator_trnid[a, 0]): a for a in of_joints}

    def _tendons(self) -> dict[int, list[int]]:
        model, found = self.model, {}
        for actuator in range(model.nu):
            if int(model.actuator_trntype[actuator]) != int(mujoco.mjtTrn.mjTRN_TENDON):
                continue
            tendon = model.actuator_trnid[actuator, 0]
            first, count = model.tendon_adr[tendon], model.tendon_num[tendon]
            wraps = range(first, first + count)
            joints = [
                w for w in wraps if int(model.wrap_type[w]) == int(mujoco.mjtWrap.mjWRAP_JOINT)
            ]
            found[actuator] = [int(model.wrap_objid[w]) for w in joints]
        return found

    def _followers(self) -> dict[int, int]:
        model, found = self.model, {}
        for equality in range(model.neq):
            if int(model.eq_type[equality]) != int(mujoco.mjtEq.mjEQ_JOINT):
                continue
            follows, leads = int(model.eq_obj1id[equality]), int(model.eq_obj2id[equality])
            if leads >= 0 and self.is_driven(follows) and not self.is_driven(leads):
                follows, leads = leads, follows
            found[follows] = leads
        return found


def names(tree: JointTree, joints: Iterable[int]) -> tuple[str, ...]:
    """Return the names of some joints."""
    return tuple(tree.name(joint) for joint in joints)
