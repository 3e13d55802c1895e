"""Numbers of a policy as poses and moves of a tool, and back."""

from abc import ABC, abstractmethod

import numpy as np
from vla_contract import so3
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.placing import PlacedRobot
from vla_contract.errors import PolicyError
from vla_contract.transforms import invert, make_transform
from vla_contract.values import Vector
from vla_contract.vectors.component import Component, Offset, TOOL_POSE
from vla_contract.vectors.rotations import ROTATIONS
from vla_contract.vectors.scale import JointScale, SI

# No arm of this size does more in one step: larger numbers are of another unit.
_LARGEST_MOVE_M, _LARGEST_TURN_RAD = 1.0, np.pi


class ToolNumbers(ABC):
    """What the numbers of a component say of a tool: x, y, z [m], then the rotation.

    Attributes:
        tool: which.
        names: of the numbers.
        scales: by name, how numbers of the policy become metres and radians.
        is_move: whether they say by how much it moves.
    """

    is_move: bool

    def __init__(self, component: Component, names: tuple[str, ...], cell: Cell) -> None:
        """Prepare for a component that was checked, and names of its numbers."""
        self.tool = cell.robot.tool_named(component.tool)
        self.names = names
        self.scales = _scales(component, self.names)
        self._rotation = ROTATIONS[component.rotation]
        self._T_base_frame = _frame(component, cell)
        self._T_tool_point = _transform(component.point)

    @abstractmethod
    def write(self, T_base_tool: Vector, T_base_before: Vector) -> Vector:
        """Return the numbers of poses, shape (..., 4, 4) to (..., n).

        Args:
            T_base_tool: in the frame of the cell's model.
            T_base_before: where the tool was before, for moves.
        """

    @abstractmethod
    def read(self, numbers: Vector, T_base_before: Vector) -> Vector:
        """Return T_base_tool that the policy wants, shape (4, 4).

        Args:
            numbers: finite, shape (n,).
            T_base_before: where the tool is before, shape (4, 4).

        Raises:
            PolicyError: the numbers are no rotation, or a move of another unit.
        """


class ToolPose(ToolNumbers):
    """Where the tool is."""

    is_move = False

    def __init__(self, component: Component, names: tuple[str, ...], cell: Cell) -> None:
        """Prepare for a component that was checked, and names of its numbers."""
        super().__init__(component, names, cell)
        self._near = np.deg2rad(component.near_rpy_deg or (0.0, 0.0, 0.0))

    def write(self, T_base_tool: Vector, T_base_before: Vector) -> Vector:
        """Return position and rotation in the component's frame."""
        pose = invert(self._T_base_frame) @ T_base_tool @ self._T_tool_point
        turn = self._rotation.write(pose[..., :3, :3], self._near)
        return np.concatenate([pose[..., :3, 3], turn], axis=-1)

    def read(self, numbers: Vector, T_base_before: Vector) -> Vector:
        """Return the pose that the numbers are."""
        pose = make_transform(numbers[:3], self._rotation.read(numbers[3:]))
        wanted: Vector = self._T_base_frame @ pose @ invert(self._T_tool_point)
        return wanted


class ToolMove(ToolNumbers):
    """By how much the tool moves: in the axes of a frame, turning about the tool point."""

    is_move = True

    def __init__(self, component: Component, names: tuple[str, ...], cell: Cell) -> None:
        """Prepare for a component that was checked, and names of its numbers."""
        super().__init__(component, names, cell)
        self._is_in_tool = component.frame == 'tool'

    def write(self, T_base_tool: Vector, T_base_before: Vector) -> Vector:
        """Return translation and rotation between the poses."""
        before, after = T_base_before @ self._T_tool_point, T_base_tool @ self._T_tool_point
        turns = after[..., :3, :3] @ np.swapaxes(before[..., :3, :3], -1, -2)
        axes = self._axes(before)
        back = np.swapaxes(axes, -1, -2)
        moves = (back @ (after - before)[..., :3, 3:])[..., 0]
        numbers = self._rotation.write(back @ turns @ axes, np.zeros(3))
        return np.concatenate([moves, numbers], axis=-1)

    def read(self, numbers: Vector, T_base_before: Vector) -> Vector:
        """Return the pose where the move ends."""
        require_possible(numbers[:3], numbers[3:], f'rotation_scale and scale of {self.tool.name}')
        before = T_base_before @ self._T_tool_point
        axes = self._axes(before)
        turn = axes @ self._rotation.read(numbers[3:]) @ axes.T @ before[:3, :3]
        after = make_transform(before[:3, 3] + axes @ numbers[:3], turn)
        wanted: Vector = after @ invert(self._T_tool_point)
        return wanted

    def _axes(self, T_base_before: Vector) -> Vector:
        axes: Vector = (T_base_before if self._is_in_tool else self._T_base_frame)[..., :3, :3]
        return axes


def tool_numbers(component: Component, names: tuple[str, ...], cell: Cell) -> ToolNumbers:
    """Return what the numbers of a component, which have names, say of its tool."""
    kind = ToolPose if component.quantity == TOOL_POSE else ToolMove
    return kind(component, names, cell)


def require_possible(move: Vector, angles: Vector, where: str) -> None:
    """Refuse a move of one step that no arm makes.

    Args:
        move: [m], shape (3,).
        angles: [rad], shape (3,).
        where: the policy file says their unit.

    Raises:
        PolicyError: the move or the turn is too long.
    """
    for length, largest, unit in (
        (float(np.linalg.norm(move)), _LARGEST_MOVE_M, 'm'),
        (float(np.linalg.norm(angles)), _LARGEST_TURN_RAD, 'rad'),
    ):
        if not length <= largest:
            raise PolicyError(
                f'the policy moves the tool by {length:.3g} {unit} in one step; allowed: '
                f'{largest:.3g} {unit} (see {where} in the policy file)'
            )


def _transform(offset: Offset | PlacedRobot | None) -> Vector:
    if offset is None:
        return np.eye(4)
    turn = so3.Rotation.from_euler('xyz', np.deg2rad(offset.rpy_deg)).as_matrix()
    return make_transform(np.array(offset.position_m), turn)


def _frame(component: Component, cell: Cell) -> Vector:
    """Return the pose of the numbers' frame in the frame of the cell's model."""
    base = np.eye(4)
    if component.frame != 'world':
        base = _transform(cell.carrier_of(component.tool))
    frame: Vector = base @ _transform(component.origin)
    return frame


def _scales(component: Component, names: tuple[str, ...]) -> dict[str, JointScale]:
    """Return the scale of each number; the words say all that the component does."""
    rotation = ROTATIONS[component.rotation]
    where = [f'{component.quantity} in {component.frame or "base"}']
    for what, offset in (('from', component.origin), ('point', component.point)):
        if offset is not None:
            where.append(f'{what} {list(offset.position_m)} m {list(offset.rpy_deg)} deg')
    if component.near_rpy_deg is not None:
        where.append(f'near {list(component.near_rpy_deg)} deg')
    about = ', '.join(where)
    metres = component.scale * SI[component.unit or 'm']
    turn = component.rotation_scale
    angle = f'{component.rotation}{f" of {turn:.6g} rad" if rotation.is_angle else ""}'
    return {
        name: JointScale(component.quantity, 0.0, metres, f'{metres:.6g} m, {about}')
        if place < 3
        else JointScale(component.quantity, 0.0, turn, f'{angle}, {about}')
        for place, name in enumerate(names)
    }
