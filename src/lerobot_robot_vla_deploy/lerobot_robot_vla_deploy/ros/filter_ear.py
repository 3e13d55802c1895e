"""What the action filter says: how it is set, how the arm stands, and what the arm is told."""

import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.srv import GetParameters
from rclpy.node import Node
from sensor_msgs.msg import JointState
from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError
from vla_contract.filter_status import FilterStatus
from vla_contract.joints.joint_messages import JointReader
from vla_contract.ros.listening.unattended import taken, unattended_subscription
from vla_contract.ros.messages.filter_status import status_of
from vla_contract.ros.qos import COMMAND, STATE
from vla_contract.ros.question import Question
from vla_contract.values import Vector

FILTER = 'action_filter'
_ASKED = ('use_sim_time', 'lead_s', 'input', 'dry_run', 'require_watch')
# It speaks ten times a second, of simulated time, which may be slow.
_SILENCE_S = 5.0


class FilterEar:
    """Listens to the action filter of a graph.

    Attributes:
        status: the newest one, None before the first.
        refused_ns: stamps of the chunks that it refused since they were last taken away [ns].
        problem: why a message of it could not be read, '' for none.
    """

    def __init__(self, node: Node, cell: Cell) -> None:
        """Subscribe, and ask for its parameters."""
        self.status: FilterStatus | None = None
        self.refused_ns: set[int] = set()
        self.problem = ''
        self._heard_s = time.monotonic()
        self._reader = JointReader(cell.joint_names, f'{FILTER}/action')
        self._command: Vector | None = None
        client = node.create_client(GetParameters, f'{FILTER}/get_parameters')
        request = GetParameters.Request(names=list(_ASKED))
        self._question = Question(client, request, again_s=2.0)
        self._commands = unattended_subscription(node, JointState, f'{FILTER}/action', COMMAND)
        node.create_subscription(DiagnosticStatus, f'{FILTER}/status', self._on_status, STATE)

    @property
    def is_there(self) -> bool:
        """Whether it has answered."""
        return self._question.is_answered()

    @property
    def has_fallen_silent(self) -> bool:
        """Whether it has said nothing for long, as a process that has ended."""
        return time.monotonic() - self._heard_s > _SILENCE_S

    def parameters(self) -> dict[str, Any]:
        """Return those of its parameters that matter to who sends it chunks; it `is_there`."""
        use_sim_time, lead_s, source, dry_run, require_watch = self._question.answer.values
        return {
            'use_sim_time': use_sim_time.bool_value,
            'lead_s': lead_s.double_value,
            'input': source.string_value,
            'dry_run': dry_run.bool_value,
            'require_watch': require_watch.bool_value,
        }

    def command(self) -> Vector | None:
        """Return what the arm was told last, shape (D,) [rad or m]; None if nothing yet."""
        for msg in taken(self._commands):
            try:
                self._command = self._reader.sample(msg).position
            except ContractError as error:
                self.problem = str(error)
        return self._command

    def _on_status(self, msg: DiagnosticStatus) -> None:
        try:
            status = status_of(msg)
        except ContractError as error:
            self.problem = str(error)
            return
        self._heard_s = time.monotonic()
        self.status = status
        self.refused_ns |= {chunk.stamp_ns for chunk in status.refused}
