"""What an operator may tell a running rollout, and when."""

from enum import StrEnum
import threading

from vla_contract.errors import VlaError


class Order(StrEnum):
    """What an operator tells a rollout."""

    START = 'start'
    SUCCESS = 'success'
    FAILURE = 'failure'
    DISCARD = 'discard'
    PAUSE = 'pause'
    STOP = 'stop'


class Commander(StrEnum):
    """Who is to command the arms, as the action filter's services call it."""

    HUMAN = 'take_over'
    POLICY = 'hand_back'


class Phase(StrEnum):
    """Where in an episode a rollout is."""

    BUSY = 'busy'
    READY = 'ready'
    RUNNING = 'running'
    PAUSED = 'paused'
    ENDED = 'ended'


LABELS = (Order.SUCCESS, Order.FAILURE, Order.DISCARD)
"""What says how an episode counts."""

ALLOWED: dict[Phase, tuple[Order, ...]] = {
    Phase.BUSY: (Order.STOP,),
    Phase.READY: (Order.START, Order.STOP),
    Phase.RUNNING: (*LABELS, Order.PAUSE, Order.STOP),
    Phase.PAUSED: (Order.START, *LABELS, Order.STOP),
    Phase.ENDED: (*LABELS, Order.STOP),
}
"""START begins what is ready and goes on with what is paused; STOP ends the run.

While the rollout carries out an order, or resets the scene, it is busy and takes no other.
"""


class OrderError(VlaError):
    """An order came when it means nothing."""

    def __init__(self, order: Order, phase: Phase) -> None:
        allowed = ', '.join(ALLOWED[phase])
        super().__init__(f"the episode is {phase}: found order '{order}'; allowed: {allowed}")


class ArmsError(VlaError):
    """The arms cannot be given over now."""

    def __init__(self, commander: Commander, phase: Phase) -> None:
        super().__init__(
            f"the episode is {phase}: found '{commander}'; allowed: while an episode is running"
        )


class EpisodeControl:
    """Holds the operator's last order until the rollout takes it; safe between threads.

    Keys and services give orders, the loop that runs the episode takes them. STOP stays: whatever
    is awaited after it is stopped too. A label that still waits counts before it.
    """

    def __init__(self) -> None:
        """Start before the first episode."""
        self._lock = threading.Lock()
        self._phase = Phase.BUSY
        self._order: Order | None = None
        self._is_stopped = False
        self._commander: Commander | None = None

    @property
    def phase(self) -> Phase:
        """Where the rollout is."""
        with self._lock:
            return self._phase

    @property
    def order(self) -> Order | None:
        """The order that waits to be taken, None without one."""
        with self._lock:
            return self._waiting()

    @property
    def is_stopped(self) -> bool:
        """Whether the run is to end."""
        with self._lock:
            return self._is_stopped

    def enter(self, phase: Phase) -> None:
        """Go to a phase; an order that was meant for the last one is void, unless it is STOP."""
        with self._lock:
            self._phase, self._commander, self._order = phase, None, None

    def give(self, order: Order) -> None:
        """Leave an order; a later one replaces it, but nothing replaces STOP, nor it a label.

        Raises:
            OrderError: it means nothing in this phase; says what does.
        """
        with self._lock:
            if order not in ALLOWED[self._phase]:
                raise OrderError(order, self._phase)
            if order is Order.STOP:
                self._is_stopped = True
                self._order = self._order if self._order in LABELS else None
            elif not self._is_stopped:
                self._order = order

    def give_arms(self, commander: Commander) -> None:
        """Ask for the arms to be given to a human, or back to the policy.

        Raises:
            ArmsError: no episode is running.
        """
        with self._lock:
            if self._phase is not Phase.RUNNING:
                raise ArmsError(commander, self._phase)
            self._commander = commander

    def take_commander(self) -> Commander | None:
        """Return who is to command from now on, None for no change; once."""
        with self._lock:
            commander, self._commander = self._commander, None
            return commander

    def take(self) -> Order | None:
        """Return the order that waits and forget it, except STOP, which stays.

        The rollout is busy from then until it enters the next phase: an order for what just ended
        is refused instead of lost.
        """
        with self._lock:
            self._phase = Phase.BUSY
            order, self._order = self._waiting(), None
            return order

    def _waiting(self) -> Order | None:
        return self._order or (Order.STOP if self._is_stopped else None)
