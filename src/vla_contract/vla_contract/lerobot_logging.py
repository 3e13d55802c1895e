"""Keep LeRobot's import from filling the terminal."""

import logging
import os
import warnings


def quiet_lerobot() -> None:
    """Silence what LeRobot and its dependencies print on import; call it before the import.

    torchcodec, a dependency of LeRobot, wants FFmpeg libraries that a machine without video
    tools lacks; LeRobot then falls back to PyAV and prints sixty lines about it.
    """
    logging.getLogger('lerobot.utils.import_utils').setLevel(logging.ERROR)
    os.environ.setdefault('HF_DATASETS_DISABLE_PROGRESS_BARS', '1')
    warnings.filterwarnings('ignore', message='Cannot enable progress bars')
    os.environ.setdefault('HF_HUB_DISABLE_TELEMETRY', '1')
