"""Here so that tests in sub-folders find the modules beside this file."""

from vla_lerobot.lerobot_import import quiet_lerobot

# Whole, before a test of `train act` has LeRobot import no PEFT: another test needs it.
quiet_lerobot()
import lerobot.policies.pretrained  # noqa: E402, F401
