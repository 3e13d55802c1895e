"""Why LeRobot's loop cannot begin, or must end."""

from vla_contract.errors import VlaError


class NotReadyError(VlaError):
    """The graph lacks something without which the arm would not follow."""

    def __init__(self, timeout_s: float, problem: str) -> None:
        super().__init__(f'waited {timeout_s:g} s: {problem}')


class ArmStandsError(VlaError):
    """The arm does not follow any more, so what would be recorded is an arm that stands."""
