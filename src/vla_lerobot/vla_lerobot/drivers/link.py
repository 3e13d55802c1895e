"""What the cycle of the driver needs of a robot."""

from typing import Protocol

from vla_contract.values import Vector


class Link(Protocol):
    """What the cycle of the driver needs of a robot; any of it may raise anything."""

    def read(self) -> Vector:
        """Return the joints' positions, shape (D,) [rad or m]."""

    def send(self, positions: Vector) -> list[str]:
        """Command positions; return the joints that were kept from leaving their range."""

    def registers(self, name: str) -> dict[str, int]:
        """Return a register of every motor that has it."""

    def release(self) -> None:
        """Take the torque."""

    def hold(self) -> None:
        """Give torque where the joints stand."""

    def reconnect(self) -> None:
        """Connect again, without moving anything."""

    def close(self) -> None:
        """Let go of the connection; the motors hold."""
