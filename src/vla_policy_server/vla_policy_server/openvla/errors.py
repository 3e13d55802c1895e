"""What can go wrong with an OpenVLA checkpoint; every message is one sentence."""

from vla_contract.errors import VlaError


class OpenVlaError(VlaError):
    """A checkpoint cannot be loaded here, or does not answer as OpenVLA does."""
