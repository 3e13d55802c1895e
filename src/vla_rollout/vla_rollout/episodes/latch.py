"""What the action filter says of a latched stop."""

from vla_contract.filter_status import FilterStatus, ReasonCode


def stopped_line(status: FilterStatus | None) -> str:
    """Return what to tell who waits for the arm to move, '' while nothing but time helps.

    A hold ends by itself, unless nobody was heard to watch the arm.

    Args:
        status: what the filter said last, None for nothing.
    """
    if status is None:
        return ''
    if cause := status.latch_cause:
        return f'latched: {cause}'
    unwatched = (ReasonCode.UNWATCHED, ReasonCode.WATCH_LOST)
    return status.message if status.reason.code in unwatched else ''


def latch_sentence(cause: str) -> str:
    """Return what to tell who wants the arm to move."""
    return f'the filter is latched: {cause}; call action_filter/reset'
