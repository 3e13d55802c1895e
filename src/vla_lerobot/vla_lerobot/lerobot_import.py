"""Import LeRobot quietly, and without what a policy does not need."""

import logging
import os
import warnings

WITHOUT_LANGUAGE = frozenset({'act', 'diffusion', 'vqbet', 'tdmpc'})
"""Policies without a language model: they need no transformers, and are not told their task."""


def quiet_lerobot() -> None:
    """Silence what LeRobot and its dependencies print on import; call it before the import.

    torchcodec, a dependency of LeRobot, wants FFmpeg libraries that a machine without video
    tools lacks; LeRobot then falls back to PyAV and prints sixty lines about it.
    """
    logging.getLogger('lerobot.utils.import_utils').setLevel(logging.ERROR)
    os.environ.setdefault('HF_DATASETS_DISABLE_PROGRESS_BARS', '1')
    warnings.filterwarnings('ignore', message='Cannot enable progress bars')
    os.environ.setdefault('HF_HUB_DISABLE_TELEMETRY', '1')


def skip_unneeded_extras(policy_type: str, is_adapter: bool = False) -> None:
    """Have LeRobot import neither PEFT nor transformers where a policy needs neither.

    They make loading a small policy take 10.6 s of CPU time instead of 4.5. Call it before the
    first import of `lerobot.policies`; what is imported already stays.

    Args:
        policy_type: LeRobot's name of the policy, '' when it is not known yet.
        is_adapter: the checkpoint holds a PEFT adapter.
    """
    from lerobot.utils import import_utils

    if not is_adapter:
        import_utils._peft_available = False
    if policy_type in WITHOUT_LANGUAGE:
        import_utils._transformers_available = False
