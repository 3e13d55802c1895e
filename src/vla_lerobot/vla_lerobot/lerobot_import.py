"""Import LeRobot quietly, and without what a policy does not need."""

from collections.abc import Collection
import logging
import os
import sys
import warnings

from vla_lerobot.late_extras import import_late
from vla_lerobot.package_map import read_package_map_quickly

WITHOUT_LANGUAGE = frozenset({'act', 'diffusion', 'vqbet', 'tdmpc'})
"""Policies without a language model: they need no transformers, and are not told their task."""
_WITH_DIFFUSERS = frozenset(
    {'diffusion', 'multi_task_dit', 'fastwam', 'groot', 'lingbot_va', 'vla_jepa'}
)


def quiet_lerobot() -> None:
    """Silence what LeRobot and its dependencies print on import; call it before the import.

    What they ask about installed packages is answered quickly from then on. torchcodec, a
    dependency of LeRobot, wants FFmpeg libraries that a machine without video tools lacks; LeRobot
    then falls back to PyAV and prints sixty lines about it.
    """
    logging.getLogger('lerobot.utils.import_utils').setLevel(logging.ERROR)
    os.environ.setdefault('HF_DATASETS_DISABLE_PROGRESS_BARS', '1')
    warnings.filterwarnings('ignore', message='Cannot enable progress bars')
    os.environ.setdefault('HF_HUB_DISABLE_TELEMETRY', '1')
    read_package_map_quickly()


def skip_unneeded_extras(policy_type: str, is_adapter: bool = False) -> None:
    """Have LeRobot import neither PEFT nor transformers nor diffusers where a policy needs none.

    They make loading a small policy take 18 s of CPU time instead of 5. Call it before
    `lerobot.policies` is imported: what is imported already stays. What a policy does need and
    an earlier import went without is imported now.

    Args:
        policy_type: LeRobot's name of the policy, '' when it is not known yet.
        is_adapter: the checkpoint holds a PEFT adapter.

    Raises:
        PolicyError: the policy needs one that LeRobot was imported without, and cannot get it.
    """
    from lerobot.utils import import_utils

    needed = {
        'peft': is_adapter,
        'transformers': policy_type not in WITHOUT_LANGUAGE,
        'diffusers': not policy_type or policy_type in _WITH_DIFFUSERS,
    }
    if 'lerobot.policies' not in sys.modules:
        _skip({package for package, is_needed in needed.items() if not is_needed})
    late = [
        _flag(package)
        for package, is_needed in needed.items()
        if is_needed and import_utils.is_package_available(package)
    ]
    if late:
        import_late(late, policy_type)


def skip_extras_of_policies() -> None:
    """Have LeRobot import none of these packages for its datasets, robots and teleoperators.

    What is imported already stays. `skip_unneeded_extras` makes up for it when a policy is
    loaded afterwards.
    """
    if 'lerobot.configs' not in sys.modules:
        _skip({'peft', 'transformers', 'diffusers'})


def _skip(packages: Collection[str]) -> None:
    from lerobot.utils import import_utils

    for package in packages:
        setattr(import_utils, _flag(package), False)


def _flag(package: str) -> str:
    return f'_{package}_available'
