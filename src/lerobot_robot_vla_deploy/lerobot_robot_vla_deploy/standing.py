"""Whether an arm behind the action filter follows, as far as the filter's status says."""

from vla_contract.filter_status import FilterStatus, ReasonCode, Verdict

# No target of ours ends these: somebody else has the arm, or nobody may.
_BY_OTHERS = (
    ReasonCode.LOCKED,
    ReasonCode.CONFLICT,
    ReasonCode.CONTROLLER,
    ReasonCode.UNWATCHED,
)
# What any arm does before its first target, and between two episodes.
_BETWEEN = (ReasonCode.ARMING, ReasonCode.NO_CHUNK, ReasonCode.CHUNK_STALE)


def why_it_stands(status: FilterStatus) -> str:
    """Return why the arm stands whatever target it is given, '' while it follows."""
    if status.verdict is None:
        return 'action_filter is not active; activate it, on a real robot by supervisor/release'
    if status.latch_cause:
        return (
            f'action_filter has stopped the arm: {status.latch_cause}; remove the cause, then '
            'call action_filter/reset'
        )
    if status.stop_cause:
        return f'action_filter holds the arm: {status.stop_cause}; deactivate and activate it'
    if status.verdict is Verdict.HOLD and status.reason.code in _BY_OTHERS:
        return f'action_filter holds the arm: {status.reason}'
    return ''


def is_news(status: FilterStatus) -> bool:
    """Whether a person should hear of it: the filter holds because of what it was asked."""
    return status.verdict is Verdict.HOLD and status.reason.code not in _BETWEEN
