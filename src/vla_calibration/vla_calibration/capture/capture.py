"""Takes calibration samples: which images count, how far it is, where to go next. No ROS."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from vla_calibration.board.detection import detect, Detection
from vla_calibration.board.pose import board_pose, BoardPoseError
from vla_calibration.board.view_geometry import TILTED_DEG, view_geometry
from vla_calibration.capture.config import CaptureConfig
from vla_calibration.capture.folder import INTRINSICS, load_sample, Sample
from vla_calibration.capture.joint_history import JointHistory
from vla_calibration.capture.look import Look, Looker
from vla_calibration.capture.sample_store import SampleStore
from vla_calibration.capture.settle import corner_distance
from vla_calibration.capture.views.hand_eye_forecast import HandEyeForecast, TakenView
from vla_calibration.capture.views.next_view import nearby_positions, Proposal, wanted_views
from vla_calibration.geometry.arm_kinematics import ArmKinematics
from vla_calibration.hand_eye.solve.checks import SMALLEST_DIVERSITY_DEG
from vla_calibration.lens.coverage import Coverage
from vla_calibration.lens.lens import Lens
from vla_contract.deployment.cell import Cell
from vla_contract.values import Image, JointSample, to_ns, Vector

# Candidates that are tried for the next view.
_CANDIDATES = 40


@dataclass(frozen=True)
class Progress:
    """How far a session is.

    Attributes:
        taken: samples so far.
        wanted: samples to take.
        covered: share of the image's cells in which corners were seen.
        tilted: views in which the board was tilted enough to tell the focal length.
        sigma_mm: predicted worst-axis error of the hand-eye, 1 sigma; None where no hand-eye is
            wanted, infinite while it is undetermined.
        turned_deg: how far the views turn about the axis about which they turn least [deg]; None
            where no hand-eye is wanted.
        problem: what is wrong with the samples as a whole, empty where nothing is.
        is_complete: enough samples, accurate and diverse enough for `calibrate_hand_eye`.
    """

    taken: int
    wanted: int
    covered: float
    tilted: int
    sigma_mm: float | None
    turned_deg: float | None
    problem: str
    is_complete: bool


class Capture:
    """One session: looks at images, takes those that count, and tells how far it is."""

    def __init__(
        self,
        cell: Cell,
        config: CaptureConfig,
        store: SampleStore,
        candidates: Sequence[Vector] = (),
    ) -> None:
        """Open a session; samples that the store already holds count.

        Args:
            cell: whose arm carries the camera or the board.
            config: settings.
            store: where samples go.
            candidates: joint positions the arm may go to; none proposes nearby ones.

        Raises:
            BoardError: the board makes no hand-eye calibration possible.
            VlaError: a stored sample is damaged, or the model cannot be loaded.
        """
        self._cell = cell
        self._config = config
        self._store = store
        self._candidates = list(candidates)
        self._board = config.board_object
        self._points = self._board.points()
        self._is_hand_eye = config.setup != INTRINSICS
        if self._is_hand_eye:
            self._board.require_unambiguous()
        self._arm = ArmKinematics(cell, config.tool_frame) if self._is_hand_eye else None
        self._joints = JointHistory(to_ns(2.0 * config.settle_s + 1.0))
        gap_ns = to_ns(cell.deadlines.joint_state_age_s)
        self._looker = Looker(
            self._board, config.stillness, config.max_blur_px, self._arm, self._joints, gap_ns
        )
        self._size = (1, 1)
        self._lens: Lens | None = None
        self._detections: list[Detection] = []
        self._samples: list[Sample] = []
        self._forecast: HandEyeForecast | None = None
        self._last: Look | None = None
        self._proposal: Proposal | None = None
        self.is_running = False
        self._resume()

    @property
    def lens(self) -> Lens | None:
        """Intrinsics of the camera; None until camera_info brought some."""
        return self._lens

    @property
    def last(self) -> Look | None:
        """The newest look."""
        return self._last

    @property
    def views(self) -> list[Detection]:
        """What the samples taken so far show."""
        return list(self._detections)

    @property
    def proposal(self) -> Proposal | None:
        """The next view; None where none can be named."""
        return self._proposal

    def offer_joints(self, sample: JointSample) -> None:
        """Take in a joint state; may be called from another thread."""
        self._joints.offer(sample)

    def set_lens(self, lens: Lens) -> None:
        """Take in the intrinsics, once.

        Raises:
            VlaError: the folder was captured with others.
        """
        if self._lens is not None:
            return
        self._store.write_lens(lens)
        self._lens = lens
        if self._is_hand_eye:
            self._forecast = HandEyeForecast(
                self._config.setup, self._points, lens, self._config.noise
            )
            self._recount()

    def look(self, stamp_ns: int, image: Image) -> Look:
        """Look at an image; while running, take it by itself if it is still, sharp and new."""
        self._size = (image.shape[1], image.shape[0])
        self._last = self._looker.look(stamp_ns, image, self._lens)
        if self.is_running and not self._last.reasons and self.is_new(self._last):
            self.take()
            if self.progress().is_complete:
                self.is_running = False
        return self._last

    def is_new(self, look: Look) -> bool:
        """Whether the board is elsewhere in the image than in every sample."""
        if look.detection is None:
            return False
        diagonal = float(np.hypot(*self._size))
        distances = [corner_distance(look.detection, seen) for seen in self._detections]
        return min(distances, default=np.inf) > self._config.novelty * diagonal

    def take(self) -> str:
        """Store the newest look as a sample; returns why not, empty when it was stored.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        look = self._last
        if look is None:
            return 'no image yet'
        if look.reasons:
            return '; '.join(look.reasons)
        if self._samples and look.stamp_ns == self._samples[-1].stamp_ns:
            return 'this image is taken already'
        joints = {}
        if look.position is not None:
            joints = dict(zip(self._cell.joint_names, look.position.tolist(), strict=True))
        sample = Sample(look.stamp_ns, look.image, joints, look.tool)
        self._store.add(sample)
        self._samples.append(sample)
        self._detections.append(_required(look.detection))
        self._recount()
        return ''

    def undo(self) -> bool:
        """Forget the newest sample; returns whether there was one."""
        if self._store.undo() is None:
            return False
        self._samples.pop()
        self._detections.pop()
        self._recount()
        return True

    def progress(self) -> Progress:
        """Return how far the session is."""
        taken, wanted = len(self._samples), self._config.samples
        sigma_mm, turned_deg, problem, is_good = None, None, '', True
        if self._is_hand_eye:
            sigma_mm, turned_deg = float('inf'), 0.0
        if self._forecast is not None:
            sigma_mm, turned_deg = 1000.0 * self._forecast.sigma_m, self._forecast.turned_deg
            problem = self._forecast.problem
        if sigma_mm is not None and turned_deg is not None:
            is_accurate = sigma_mm <= self._config.target_sigma_mm
            is_good = is_accurate and turned_deg >= SMALLEST_DIVERSITY_DEG
        return Progress(
            taken, wanted, self.coverage.share, self._tilted, sigma_mm, turned_deg, problem,
            taken >= wanted and is_good,
        )  # fmt: skip

    @property
    def coverage(self) -> Coverage:
        """Which part of the image the samples cover."""
        seen = [detection.pixels for detection in self._detections]
        return Coverage.of(np.concatenate(seen) if seen else np.empty((0, 2)), self._size)

    def _resume(self) -> None:
        """Read what the store holds; an image in which the board is not found stays out."""
        for stored in self._store.samples:
            sample = load_sample(self._store.folder, stored)
            detection = detect(sample.image, self._board)
            empty = np.empty((0, 2))
            self._samples.append(sample)
            self._detections.append(
                detection or Detection(np.empty(0, np.intp), empty, np.empty((0, 3)))
            )
            self._size = (sample.image.shape[1], sample.image.shape[0])
        self._recount()

    def _recount(self) -> None:
        """Work out, after a change, what the samples are worth and where to go next."""
        views = self._taken_views()
        self._tilted = sum(view_geometry(T, self._points).tilt_deg >= TILTED_DEG for _, T in views)
        if self._forecast is None or self._arm is None:
            return
        taken = [
            TakenView(_position(sample, self._cell), sample.tool, T, detection.points)
            for (i, T) in views
            for sample, detection in [(self._samples[i], self._detections[i])]
            if sample.tool is not None
        ]
        self._forecast.update(taken)
        positions = self._candidates
        if not positions and taken:
            positions = self._reachable(taken, self._forecast, self._arm)
        tools = [self._arm.pose(position) for position in positions]
        self._proposal = self._forecast.propose(positions, tools)

    def _reachable(
        self, taken: Sequence[TakenView], forecast: HandEyeForecast, arm: ArmKinematics
    ) -> list[Vector]:
        """Return positions from which the board is well seen, or near ones while X is unknown."""
        if self._lens is None or forecast.tool_for(taken[0].T_camera_board) is None:
            near = [view.position for view in taken]
            return nearby_positions(self._cell, near, _CANDIDATES, seed=len(taken))
        positions = []
        for T in wanted_views(self._points, self._lens, _CANDIDATES, seed=len(taken)):
            tool = forecast.tool_for(T)
            position = arm.reach(tool, taken[-1].position) if tool else None
            if position is not None:
                positions.append(position)
        return positions

    def _taken_views(self) -> list[tuple[int, Vector]]:
        """Return index and board pose of every sample whose board pose can be computed."""
        if self._lens is None:
            return []
        poses = [_board_pose(detection, self._lens) for detection in self._detections]
        return [(i, T) for i, T in enumerate(poses) if T is not None]


def _board_pose(detection: Detection, lens: Lens) -> Vector | None:
    try:
        return board_pose(detection, lens).T_camera_board
    except BoardPoseError:
        return None


def _position(sample: Sample, cell: Cell) -> Vector:
    return np.array([sample.joints[name] for name in cell.joint_names])


def _required(detection: Detection | None) -> Detection:
    if detection is None:
        raise ValueError('a look without reasons has a detection')
    return detection
