"""What a human at a teleoperation device tells the filter: what to do, and who commands."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from rclpy.node import Node
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory
from vla_action_filter.action_filter import ActionFilter
from vla_contract.deployment.cell import Cell
from vla_contract.errors import ContractError
from vla_contract.filter_status import ChunkFault
from vla_contract.joints.command_groups import command_groups
from vla_contract.joints.joint_messages import largest_chunk_bytes
from vla_contract.joints.teleop_messages import TELEOP_TOPIC, TeleopReader
from vla_contract.ros.listening.bounded import subscribe_bounded
from vla_contract.ros.qos import COMMAND

_GIVEN = {True: 'a human commands', False: 'the policy commands'}


class HumanInputs:
    """Hears `teleop_chunk`, and serves takeover and hand-back.

    `action_filter/take_over` and `action_filter/hand_back` are for all joints. Where a cell has
    several arms, `action_filter/GROUP/take_over` and so on are for one of them and its gripper.
    """

    def __init__(
        self,
        node: Node,
        cell: Cell,
        core: ActionFilter,
        now_ns: Callable[[], int],
        is_active: Callable[[], bool],
    ) -> None:
        """Subscribe, and offer the services.

        Args:
            node: on which.
            cell: whose joints.
            core: is told.
            now_ns: time of the clock that stamps chunks [ns].
            is_active: whether the filter runs; chunks that come otherwise are passed over.
        """
        self._node, self._core = node, core
        self._now_ns, self._is_active = now_ns, is_active
        self._reader = TeleopReader(cell.joint_names)
        subscribe_bounded(
            node,
            JointTrajectory,
            TELEOP_TOPIC,
            self._on_chunk,
            COMMAND,
            largest_chunk_bytes(len(cell.joints)),
            self._refuse,
        )
        names = [group.name for group in command_groups(cell.robot)]
        for groups in ((), *((name,) for name in names if len(names) > 1)):
            for service, to_human in (('take_over', True), ('hand_back', False)):
                name = '/'.join(('action_filter', *groups, service))
                node.create_service(Trigger, name, partial(self._on_give, to_human, groups))

    def _on_chunk(self, msg: JointTrajectory) -> None:
        if not self._is_active():
            return
        try:
            wish = self._reader.read(msg)
        except ContractError as error:
            self._refuse(str(error))
            return
        if reason := self._core.offer_teleop(wish, self._now_ns()):
            self._say(f'{TELEOP_TOPIC} refused: {reason}')

    def _refuse(self, reason: str) -> None:
        self._core.reject_teleop(reason, ChunkFault.MALFORMED)
        self._say(reason)

    def _say(self, problem: str) -> None:
        self._node.get_logger().error(problem, throttle_duration_sec=5.0)

    def _on_give(self, to_human: bool, groups: Sequence[str], request: Any, response: Any) -> Any:
        is_news = self._core.give(to_human, groups, self._now_ns())
        what = ' '.join(groups) or 'all joints'
        response.success = True
        response.message = f'{what}: {_GIVEN[to_human]}' + ('' if is_news else ' already')
        if is_news:
            self._node.get_logger().info(response.message)
        return response
