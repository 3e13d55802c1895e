"""The action filter's status out of its message."""

from diagnostic_msgs.msg import DiagnosticStatus
from vla_contract.filter_status import FilterStatus


def status_of(msg: DiagnosticStatus) -> FilterStatus:
    """Return what a message of `action_filter/status` says.

    Raises:
        ContractError: it is no message of an action filter.
    """
    return FilterStatus.read(msg.message, {pair.key: pair.value for pair in msg.values})
