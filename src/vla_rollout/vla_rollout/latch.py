"""What the action filter says of a latched stop."""

_LATCHED = ('stop', 'latched')


def latch_cause(filter_says: str) -> str:
    """Return why the action filter brakes or stands latched, '' while it does not.

    Args:
        filter_says: message of `action_filter/status`, 'VERDICT: reason'.
    """
    verdict, _, reason = filter_says.partition(': ')
    return (reason or verdict) if verdict in _LATCHED else ''


def latch_sentence(cause: str) -> str:
    """Return what to tell who wants the arm to move."""
    return f'the filter is latched: {cause}; call action_filter/reset'
