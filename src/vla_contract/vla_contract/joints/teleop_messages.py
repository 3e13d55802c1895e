"""What a human wants, out of messages that name some of the joints."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from vla_contract.errors import UnknownNameError
from vla_contract.joints.joint_messages import JointReader
from vla_contract.recordings.events import TeleopEvent

TELEOP_TOPIC = 'teleop_chunk'


class TeleopReader:
    """Reads the chunks of a teleoperation device, in the cell's joint order."""

    def __init__(self, names: Sequence[str]) -> None:
        """Prepare for the cell's joint names."""
        self._names = tuple(names)
        self._source: tuple[str, ...] | None = None

    def read(self, msg: Any) -> TeleopEvent:
        """Return the chunk of a JointTrajectory, and which joints it is about.

        Raises:
            UnknownNameError: the cell has no such joint.
            ContractError: a joint is repeated, or as for `JointReader.chunk`.
        """
        source = tuple(msg.joint_names)
        if source != self._source:
            unknown = next((name for name in source if name not in self._names), None)
            if unknown is not None:
                raise UnknownNameError('joint', unknown, TELEOP_TOPIC, self._names)
            order = [name for name in self._names if name in source]
            self._reader, self._source = JointReader(order, TELEOP_TOPIC), source
            self._named = np.isin(self._names, source)
        return TeleopEvent(self._reader.chunk(msg), self._named)
