"""May a person's device lead the arm? What the action filter says about it."""

from collections.abc import Sequence

from vla_contract.filter_status import FilterStatus
from vla_contract.values import to_ns

# The filter says how it stands ten times a second.
_SILENT_NS = to_ns(1.0)
POLICY = 'the policy commands the arm: take over first'
SILENT = 'no action_filter/status for 1 s: does the action filter run?'


def refusal(status: FilterStatus | None, heard_ns: int, groups: Sequence[str], now_ns: int) -> str:
    """Return why the device may not lead now, '' when it may.

    Args:
        status: what the filter said last; None for nothing yet.
        heard_ns: when [ns].
        groups: that the device commands.
        now_ns: time [ns].
    """
    if status is None or now_ns - heard_ns > _SILENT_NS:
        return SILENT
    if status.verdict is None:
        return 'the action filter is not active'
    if cause := status.latch_cause:
        return f'the action filter has stopped the arm, {cause}: action_filter/reset'
    if not set(groups) <= set(status.human):
        return POLICY
    return ''
