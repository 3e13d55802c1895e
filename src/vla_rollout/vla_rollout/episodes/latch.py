"""What the action filter says of a latched stop."""

_LATCHED = ('stop', 'latched')


def latch_cause(filter_says: str) -> str:
    """Return why the action filter brakes or stands latched, '' while it does not.

    Args:
        filter_says: message of `action_filter/status`, 'VERDICT: reason'.
    """
    verdict, _, reason = filter_says.partition(': ')
    return (reason or verdict) if verdict in _LATCHED else ''


def stopped_line(filter_says: str) -> str:
    """Return what to tell who waits for the arm to move, '' while nothing but time helps.

    A hold ends by itself, unless nobody was heard to watch the arm.
    """
    if cause := latch_cause(filter_says):
        return f'latched: {cause}'
    return filter_says if 'unwatched' in filter_says else ''


def latch_sentence(cause: str) -> str:
    """Return what to tell who wants the arm to move."""
    return f'the filter is latched: {cause}; call action_filter/reset'
