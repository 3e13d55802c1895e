"""Joins what was seen with the joint state of its time; never fills a gap with zeros."""

from collections import deque
import math
import threading

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.joints.joint_age import AHEAD_NS, JointAges
from vla_contract.values import Image, JointSample, NS_PER_S, Observation, to_ns, Vector
from vla_lerobot.images import require_size
from vla_policy_server.serving.image_history import ImageHistory

# Two seconds at 100 Hz: longer than any image deadline, so that an image always finds its state.
_JOINT_HISTORY = 200
# Of the fastest robots, for policies that look back.
_JOINT_RATE_HZ = 1000


class ObservationBuffer:
    """Collects streams and builds observations; safe to fill from one thread and read in another.

    The reference time of an observation is the oldest of its images and extras, so that every
    stream has already seen it. Joint positions are interpolated to that time. Earlier
    observations are made in the same way, each of the time of its own images.

    Attributes:
        instruction: what the policy is told.
        missing_joints: why there are no joints, as long as there are none.
        span_ns: how far back from the newest image a policy may look [ns]; 0 for not at all.
    """

    def __init__(
        self,
        deployment: Deployment,
        needs_images: bool,
        extras: tuple[str, ...],
        earlier_steps: int = 0,
    ) -> None:
        """Prepare for the cameras of a policy and the deadlines of a cell.

        Args:
            deployment: of both.
            needs_images: whether the policy looks at its cameras.
            extras: privileged values that it wants.
            earlier_steps: earlier observations that it wants, one of its periods apart.
        """
        cell, seen = deployment.cell, deployment.policy.cameras
        self._deadlines = cell.deadlines
        self._ages = JointAges(cell)
        self._known = {c.name: c for c in cell.cameras}
        self._cameras = tuple(dict.fromkeys(c.camera for c in seen)) if needs_images else ()
        self._wanted_extras = extras
        self._earlier_steps = earlier_steps
        self._period_ns = to_ns(1.0 / deployment.policy.rate_hz)
        self._images = {
            name: ImageHistory(
                camera, self._period_ns, earlier_steps if name in self._cameras else 0
            )
            for name, camera in self._known.items()
        }
        spans_ns = [history.span_ns for history in self._images.values()]
        self.span_ns = max(spans_ns, default=0) or earlier_steps * self._period_ns
        longer = math.ceil(self.span_ns * _JOINT_RATE_HZ / NS_PER_S)
        self._joints: deque[JointSample] = deque(maxlen=_JOINT_HISTORY + longer)
        self._extras: dict[str, tuple[int, Vector]] = {}
        self._lock = threading.Lock()
        self._not_before_ns = 0
        self.instruction = ''
        self.missing_joints = 'no joint_states'

    def clear(self, now_ns: int) -> None:
        """Forget everything, and refuse what was captured before `now_ns`."""
        with self._lock:
            self._joints.clear()
            for history in self._images.values():
                history.clear()
            self._extras.clear()
            self._not_before_ns = now_ns

    def add_joints(self, sample: JointSample) -> None:
        """Add a measurement; out-of-order samples are dropped.

        One of the same time replaces the one before: it has a newer gripper.
        """
        with self._lock:
            if sample.stamp_ns < self._not_before_ns:
                return
            if self._joints and sample.stamp_ns == self._joints[-1].stamp_ns:
                self._joints.pop()
            if not self._joints or sample.stamp_ns > self._joints[-1].stamp_ns:
                self._joints.append(sample)

    def add_image(self, camera: str, stamp_ns: int, image: Image) -> None:
        """Add the newest image of a camera of the cell.

        Raises:
            ContractError: the image has another size than the camera has in the cell.
        """
        require_size(self._known[camera], image)
        with self._lock:
            if stamp_ns >= self._not_before_ns:
                self._images[camera].add(stamp_ns, image)

    def add_extra(self, name: str, stamp_ns: int, values: Vector) -> None:
        """Add a privileged value of the simulator."""
        with self._lock:
            if stamp_ns >= self._not_before_ns:
                self._extras[name] = (stamp_ns, values)

    def observe(self, now_ns: int) -> Observation | str:
        """Return the newest complete observation, or the reason why there is none."""
        with self._lock:
            seen_ns = []
            images: dict[str, Image] = {}
            for camera in self._cameras:
                newest = self._images[camera].newest
                if newest is None:
                    return f'no image from camera {camera}'
                stamp_ns, images[camera] = newest
                seen_ns.append(stamp_ns)
                if problem := _age_problem(now_ns - stamp_ns, self._deadlines.image_age_s):
                    return f'image of camera {camera} is {problem}'
            if not self._joints:
                return self.missing_joints
            newest_ns = self._joints[-1].stamp_ns
            if problem := self._ages.problem(self._joints[-1], now_ns):
                return problem
            for name in self._wanted_extras:
                if name not in self._extras:
                    return f'no {name} from the simulator'
                seen_ns.append(self._extras[name][0])
                if problem := _age_problem(now_ns - seen_ns[-1], self._deadlines.image_age_s):
                    return f'{name} from the simulator is {problem}'
            stamp_ns = min(seen_ns, default=newest_ns)
            earlier = self._earlier(stamp_ns)
            if isinstance(earlier, str):
                return earlier
            return Observation(
                stamp_ns,
                self._state_at(stamp_ns),
                images,
                self.instruction,
                {name: self._extras[name][1] for name in self._wanted_extras},
                earlier=earlier,
            )

    def _earlier(self, stamp_ns: int) -> tuple[Observation, ...] | str:
        """Return what was seen before a time, oldest first, or what is missing of it."""
        earlier = []
        for steps in range(self._earlier_steps, 0, -1):
            back_ns = steps * self._period_ns
            seen_ns = []
            images: dict[str, Image] = {}
            for camera in self._cameras:
                image = self._images[camera].before(steps)
                if image is None:
                    return f'no image from camera {camera} {back_ns / 1e6:.0f} ms before its last'
                seen_ns.append(image[0])
                images[camera] = image[1]
            seen_at_ns = min(seen_ns, default=stamp_ns - back_ns)
            state = self._state_at(seen_at_ns)
            earlier.append(Observation(seen_at_ns, state, images, self.instruction))
        return tuple(earlier)

    def _state_at(self, stamp_ns: int) -> Vector:
        """Interpolate the joints; before or after the history its nearest end counts."""
        after = next((s for s in self._joints if s.stamp_ns >= stamp_ns), self._joints[-1])
        before = next((s for s in reversed(self._joints) if s.stamp_ns <= stamp_ns), after)
        span = after.stamp_ns - before.stamp_ns
        weight = 0.0 if span <= 0 else (stamp_ns - before.stamp_ns) / span
        return np.asarray(before.position + weight * (after.position - before.position))


def _age_problem(age_ns: int, deadline_s: float) -> str:
    """Return what is wrong with the age of a sample, '' when nothing is."""
    if age_ns > to_ns(deadline_s):
        return f'{age_ns / 1e6:.0f} ms old'
    if age_ns < -AHEAD_NS:
        return f'{-age_ns / 1e6:.0f} ms in the future; set the clocks of both machines'
    return ''
