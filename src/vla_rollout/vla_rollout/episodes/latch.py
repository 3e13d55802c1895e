"""What the action filter says of a latched stop."""

from vla_contract.filter_status import FilterStatus, ReasonCode

_LATCHED = ('stop', 'latched')


def latch_cause(filter_says: str) -> str:
    """Return why the action filter brakes or stands latched, '' while it does not.

    Args:
        filter_says: message of `action_filter/status`, 'VERDICT: reason'.
    """
    verdict, _, reason = filter_says.partition(': ')
    return (reason or verdict) if verdict in _LATCHED else ''


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
