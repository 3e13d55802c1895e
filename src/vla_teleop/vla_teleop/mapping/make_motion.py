"""The motion of a device file: of a leader or of a tool."""

from collections.abc import Mapping

from vla_contract.deployment.cell import Cell
from vla_lerobot.drivers.motors.scale import Encoder
from vla_teleop.config import TeleopConfig
from vla_teleop.devices.device_file import DeviceFile, ToolSettings
from vla_teleop.mapping.alignment import tolerances
from vla_teleop.mapping.leader_joints import LeaderJoints
from vla_teleop.mapping.leader_motion import LeaderMotion
from vla_teleop.mapping.motion import Motion
from vla_teleop.mapping.tool_motion import ToolMotion


def make_motion(
    file: DeviceFile, cell: Cell, encoders: Mapping[str, Encoder], config: TeleopConfig
) -> Motion:
    """Return what turns readings of the device into wishes.

    Args:
        file: of the device.
        cell: that is commanded.
        encoders: of a leader's motors; none of other devices.
        config: of the node.

    Raises:
        VlaError: a joint or tool is not in the cell.
    """
    if not file.is_leader:
        return ToolMotion(cell, file.tool or ToolSettings(), config.rate_hz)
    joints = LeaderJoints(file, cell, encoders)
    allowed = tolerances(cell, joints.columns, config.align_rad, config.align_gripper)
    return LeaderMotion(joints, cell, file.mode, allowed, config.fade_s)
