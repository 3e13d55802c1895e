"""How long the parts of an exchange with a server took, as far as its stamps tell."""

from math import isfinite

from vla_policy_server.wire.client import Answer
from vla_policy_server.wire.clock_offset import ClockOffset, Exchange


def travel_ns(answer: Answer, clock: ClockOffset) -> dict[str, int]:
    """Return the time that each part took, by name [ns].

    Args:
        answer: with the server's `server_timing`, if it has one.
        clock: of the server; learns from the exchange.
    """
    timing = answer.content.get('server_timing')
    timing = timing if isinstance(timing, dict) else {}
    parts = {
        name: round(timing[f'{key}_ms'] * 1e6)
        for name, key in (('queue', 'queue'), ('model', 'infer'))
        if isinstance(timing.get(f'{key}_ms'), float) and isfinite(timing[f'{key}_ms'])
    }
    received_ns, replied_ns = timing.get('received_ns'), timing.get('replied_ns')
    if not isinstance(received_ns, int) or not isinstance(replied_ns, int):
        return parts
    clock.add(Exchange(answer.sent_ns, received_ns, replied_ns, answer.answered_ns))
    parts['upload'] = received_ns - answer.sent_ns - clock.offset_ns
    parts['download'] = answer.answered_ns - replied_ns + clock.offset_ns
    return parts
