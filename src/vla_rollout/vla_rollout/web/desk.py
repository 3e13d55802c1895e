"""The operator's buttons on the page: which mean something now, and what a press does."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from vla_contract.errors import UnknownNameError
from vla_rollout.episodes.control import ALLOWED, Commander, EpisodeControl, Order, Phase
from vla_rollout.web.progress import RunProgress

E_STOP, RELEASE, RESET = 'e_stop', 'release', 'reset'


class EStop(Protocol):
    """An emergency stop that the page presses and releases."""

    @property
    def is_pressed(self) -> bool:
        """Whether it is pressed from here."""

    def press(self) -> None:
        """Stop the arm."""

    def release(self) -> None:
        """Let go; the filter stays latched until it is reset."""


class OperatorDesk:
    """Gives the orders of buttons, as the keys of the terminal and the services do."""

    def __init__(
        self,
        control: EpisodeControl,
        progress: RunProgress,
        e_stop: EStop,
        reset: Callable[[], str],
    ) -> None:
        """Stand at a run.

        Args:
            control: takes orders.
            progress: how far the run is.
            e_stop: the emergency stop.
            reset: has a latched filter let go, and returns what it says.
        """
        self._control, self._progress, self._e_stop = control, progress, e_stop
        self._presses: dict[str, Callable[[], str]] = {
            E_STOP: self._stop,
            RELEASE: self._release,
            RESET: reset,
            **{str(order): partial(self._give, order) for order in Order},
            **{str(who): partial(self._give_arms, who) for who in Commander},
        }

    def press(self, name: str) -> str:
        """Do what a button says; returns what to tell the operator.

        Raises:
            UnknownNameError: there is no such button.
            VlaError: it means nothing now, or was refused; says why.
        """
        if name not in self._presses:
            raise UnknownNameError('button', name, 'the page', self._presses)
        return self._presses[name]()

    def state(self) -> dict[str, Any]:
        """Return where the run is and which buttons may be pressed; `reset` always may."""
        phase = self._control.phase
        is_pressed = self._e_stop.is_pressed
        arms = tuple(Commander) if phase is Phase.RUNNING else ()
        return {
            **self._progress.facts(phase),
            'phase': str(phase),
            'e_stop': is_pressed,
            'allowed': [str(button) for button in (*ALLOWED[phase], *arms)]
            + [RELEASE if is_pressed else RESET],
        }

    def _stop(self) -> str:
        self._e_stop.press()
        return 'e-stop pressed: the arm brakes'

    def _release(self) -> str:
        self._e_stop.release()
        return 'e-stop released: reset the filter before the arm may move'

    def _give(self, order: Order) -> str:
        self._control.give(order)
        return str(order)

    def _give_arms(self, commander: Commander) -> str:
        self._control.give_arms(commander)
        return str(commander).replace('_', ' ')
