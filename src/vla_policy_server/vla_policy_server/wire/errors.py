"""What can go wrong between a robot and its policy; every message is one sentence."""

from vla_contract.errors import VlaError


class WireError(VlaError):
    """A message, a connection or an answer cannot be used."""


class MessageRefusedError(WireError):
    """The other side sent something that is not allowed; the connection goes on."""


class UnreachableError(WireError):
    """There is no server at present; one may come."""
