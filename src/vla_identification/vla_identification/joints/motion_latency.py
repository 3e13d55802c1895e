"""The delays of a deployment, out of one recording of a small motion."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vla_contract.values import Vector
from vla_identification.joints.image_motion import image_motions, ImageMotion
from vla_identification.joints.joint_check import JointCheck
from vla_identification.joints.latency import best_delay, Delay, LatencyError, measure_delay
from vla_identification.motion_recording import MotionRecording

Indices = NDArray[np.intp]

# Images with stamps from before the motion they show: clocks of two machines, or a driver that
# stamps the beginning of the exposure.
_EARLIEST_S = -0.3
# Share of the amplitude from which a joint counts as moving.
_MOVING = 0.02
_FEWEST_IMAGES = 10


@dataclass(frozen=True)
class Latencies:
    """What was measured; None where the recording does not allow it.

    Attributes:
        filter: from the plan that a policy publishes to the command that the filter sends.
        robot: from the command to joint_states, by their stamps.
        image: from joint_states to the image, by their stamps; positive where images are stamped
            after they were exposed.
        image_joint: the joint whose motion showed best in the image; '' where none did.
        image_delivery_s: median time from an image's stamp to its arrival [s].
        measured_delivery_s: likewise of joint_states [s].
    """

    filter: Delay | None
    robot: Delay | None
    image: Delay | None
    image_joint: str
    image_delivery_s: float | None
    measured_delivery_s: float | None

    @property
    def command_to_arrived_image_s(self) -> float | None:
        """From a command to the arrival of an image that shows it [s]."""
        if self.robot is None or self.image is None or self.image_delivery_s is None:
            return None
        return self.robot.seconds + self.image.seconds + self.image_delivery_s


def measure_latencies(recording: MotionRecording, check: JointCheck) -> Latencies:
    """Measure every delay that the recording allows."""
    image, joint = _image_delay(recording)
    return Latencies(
        _filter_delay(recording),
        pooled([finding.delay for finding in check.findings]),
        image,
        joint,
        float(np.median(recording.image_delivery_s)) if len(recording.image_delivery_s) else None,
        _median(recording.measured_delivery_s),
    )


def pooled(delays: list[Delay | None]) -> Delay | None:
    """Return the mean of trustworthy delays, weighted by how sure each is; None without any.

    The standard deviation is that of the mean, from the scatter of the delays where they differ
    by more than each claims.
    """
    good = [delay for delay in delays if delay is not None and delay.is_trustworthy]
    if not good:
        return None
    seconds = np.array([delay.seconds for delay in good])
    sigma = np.maximum([delay.sigma_s for delay in good], 1e-6)
    weights = 1.0 / sigma**2
    mean = float((weights * seconds).sum() / weights.sum())
    claimed = float(1.0 / np.sqrt(weights.sum()))
    scatter = float(seconds.std() / np.sqrt(len(good)))
    correlation = min(delay.correlation for delay in good)
    return Delay(mean, max(claimed, scatter), correlation, False)


def _filter_delay(recording: MotionRecording) -> Delay | None:
    if not len(recording.plan):
        return None
    delays: list[Delay | None] = []
    for j in range(len(recording.names)):
        try:
            delays.append(
                measure_delay(
                    recording.command_s, recording.plan[:, j],
                    recording.command_s, recording.command[:, j],
                )
            )  # fmt: skip
        except LatencyError:
            continue
    return pooled(delays)


def _image_delay(recording: MotionRecording) -> tuple[Delay | None, str]:
    """Return the delay of the images and the joint that showed best; only one that is sure."""
    delays: list[Delay | None] = []
    names = []
    for j, name in enumerate(recording.names):
        during = _moving_images(recording, j)
        if during is None:
            continue
        motions = image_motions(list(recording.images[during]))
        tried = [_delay_of_images(recording, j, during, motion) for motion in motions]
        known = [delay for delay in tried if delay is not None]
        delay = max(known, key=lambda delay: delay.correlation, default=None)
        if delay is not None and delay.is_trustworthy:
            delays.append(delay)
            names.append(name)
    if not delays:
        return None, ''
    best = int(np.argmax([delay.correlation for delay in delays if delay]))
    return pooled(delays), names[best]


def _moving_images(recording: MotionRecording, joint: int) -> Indices | None:
    """Return the indices of the images during which this joint, of all, moved most."""
    if len(recording.image_s) < _FEWEST_IMAGES or not len(recording.images):
        return None
    swing = np.abs(recording.measured - np.median(recording.measured, axis=0))
    if swing[:, joint].max() < 1e-3:
        return None
    moving = np.flatnonzero(
        (swing[:, joint] > _MOVING * swing[:, joint].max()) & (swing.argmax(axis=1) == joint)
    )
    if len(moving) < 2:
        return None
    begin, end = recording.measured_s[moving[[0, -1]]]
    margin = 0.3
    during = np.flatnonzero(
        (recording.image_s >= begin - margin) & (recording.image_s <= end + margin)
    )
    return during if len(during) >= _FEWEST_IMAGES else None


def _delay_of_images(
    recording: MotionRecording, joint: int, during: Indices, motion: ImageMotion
) -> Delay | None:
    times = recording.image_s[during]
    position = recording.measured[:, joint]

    def expected(delay_s: float) -> Vector:
        return np.asarray(np.interp(times - delay_s, recording.measured_s, position))

    if float(np.ptp(motion.signal)) < 1e-9:
        return None
    return best_delay(expected, motion.signal, times, 1.0, _EARLIEST_S, either_sign=True)


def _median(values: Vector) -> float | None:
    return float(np.median(values)) if len(values) else None
