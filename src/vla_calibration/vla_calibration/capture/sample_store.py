"""Writes samples so that a crash loses nothing.

Every file is written whole; the index cal_data.yaml comes last, so it never names a file that is
not there. See `capture_folder` for the layout.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from vla_calibration.capture.folder import (
    CAL_DATA,
    CAMERA_INFO,
    list_samples,
    load_session,
    Sample,
    SESSION,
    Session,
    StoredSample,
)
from vla_calibration.geometry.pose_text import flat_values
from vla_calibration.lens.camera_info import CameraInfo, read_camera_info, write_camera_info
from vla_calibration.lens.lens import Lens
from vla_contract.errors import VlaError
from vla_contract.whole_file import write_whole
import yaml


class SampleStore:
    """A folder of samples; opening one that exists goes on where it ended."""

    def __init__(self, folder: Path, session: Session) -> None:
        """Create the folder, or check that it belongs to the same session.

        Raises:
            VlaError: the folder holds samples of another cell, camera, set-up or board, or
                its files are damaged.
        """
        self.folder = folder
        self._session = session
        self._samples: list[StoredSample] = []
        if (folder / SESSION).exists():
            _require_same(load_session(folder), session, folder)
            self._samples = list_samples(folder)
        elif folder.exists() and any(folder.iterdir()):
            raise VlaError(
                f'{folder}: found files but no {SESSION}; allowed: a new or empty folder, or one '
                'that capture began'
            )
        else:
            folder.mkdir(parents=True, exist_ok=True)
            _write_yaml(folder / SESSION, asdict(session))
            self._write_index()

    def __len__(self) -> int:
        return len(self._samples)

    @property
    def samples(self) -> tuple[StoredSample, ...]:
        """The samples, oldest first."""
        return tuple(self._samples)

    def add(self, sample: Sample) -> StoredSample:
        """Write a sample; it counts from the moment the index names it."""
        name = f'{self._next_number():04d}'
        stored = StoredSample(f'images/{name}.png', sample.stamp_ns)
        is_written, png = cv2.imencode('.png', cv2.cvtColor(sample.image, cv2.COLOR_RGB2BGR))
        if not is_written:
            raise VlaError(f'{self.folder}: an image of shape {sample.image.shape} is no PNG')
        write_whole(self.folder / stored.image, png.tobytes())
        if sample.tool is not None:
            stored = StoredSample(
                stored.image, sample.stamp_ns, f'poses/{name}.yaml', f'joints/{name}.yaml'
            )
            _write_yaml(self.folder / stored.pose, flat_values(sample.tool))
            _write_yaml(self.folder / stored.joints, dict(sample.joints))
        self._samples.append(stored)
        self._write_index()
        return stored

    def undo(self) -> StoredSample | None:
        """Forget the newest sample and remove its files; None where there is none."""
        if not self._samples:
            return None
        last = self._samples.pop()
        self._write_index()
        for path in (last.image, last.pose, last.joints):
            if path:
                (self.folder / path).unlink(missing_ok=True)
        return last

    def write_lens(self, lens: Lens) -> None:
        """Write the intrinsics as published; they must be the same as long as the folder lives.

        Raises:
            VlaError: the folder was captured with other intrinsics.
        """
        path = self.folder / CAMERA_INFO
        if not path.exists():
            write_camera_info(path, CameraInfo(self._session.camera, lens))
        elif not _is_same(read_camera_info(path).lens, lens):
            raise VlaError(
                f'{self.folder}: was captured with other intrinsics than camera_info says now; '
                'name another output folder'
            )

    def _next_number(self) -> int:
        """One more than any file has, so that what a crash left is never overwritten."""
        used = [int(p.stem) for p in (self.folder / 'images').glob('*.png') if p.stem.isdigit()]
        return max(used, default=-1) + 1

    def _write_index(self) -> None:
        _write_yaml(self.folder / CAL_DATA, [_without_empty(asdict(s)) for s in self._samples])


def _require_same(found: Session, session: Session, folder: Path) -> None:
    ours = vars(session)
    for name, value in vars(found).items():
        if value != ours[name]:
            raise VlaError(
                f"{folder}: was captured with {name} '{value}', now it is '{ours[name]}'; name "
                'another output folder'
            )


def _is_same(first: Lens, second: Lens) -> bool:
    if (first.model, first.size, len(first.distortion)) != (
        second.model, second.size, len(second.distortion),
    ):  # fmt: skip
        return False
    same_distortion = np.allclose(first.distortion, second.distortion, rtol=1e-9, atol=1e-12)
    return same_distortion and np.allclose(first.K, second.K, rtol=1e-9, atol=0.0)


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value != ''}


def _write_yaml(path: Path, content: object) -> None:
    write_whole(path, yaml.safe_dump(content, sort_keys=False))
