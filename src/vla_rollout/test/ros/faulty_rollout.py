"""A rollout with a fault, which SIGUSR1 lets loose: python faulty_rollout.py FAULT ARGUMENTS.

The faults stand for what nobody thought of: the rollout knows nothing of them.
"""

from collections.abc import Callable
from contextlib import suppress
import errno
import os
import signal
import sys
import threading
from typing import Any, NoReturn

from vla_rollout.episodes.monitor import EpisodeMonitor
from vla_rollout.episodes.ros import counted_rollout, rollout
from vla_rollout.episodes.ros.graph_environment import GraphEnvironment


def _raise(*arguments: Any) -> NoReturn:
    raise RuntimeError('a fault')


def _exit(*arguments: Any) -> NoReturn:
    raise SystemExit(3)


def _hang(*arguments: Any) -> None:
    threading.Event().wait()


def _fill_disk(*arguments: Any) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), 'a file')


_advance = GraphEnvironment.advance


def _swallow_sigint(environment: GraphEnvironment) -> Any:
    """Advance, and drop what a Ctrl-C raises meanwhile, as an import or a destructor does."""
    GraphEnvironment.advance = _advance  # type: ignore[method-assign]
    with suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    return environment.advance()


# Where, what of it, and what it does instead.
FAULTS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    'callback raises': (EpisodeMonitor, 'on_status', _raise),
    'callback exits': (EpisodeMonitor, 'on_status', _exit),
    'callback hangs': (EpisodeMonitor, 'on_status', _hang),
    'loop raises': (GraphEnvironment, 'advance', _raise),
    'loop exits': (GraphEnvironment, 'advance', _exit),
    'loop hangs': (GraphEnvironment, 'advance', _hang),
    'Ctrl-C is swallowed': (GraphEnvironment, 'advance', _swallow_sigint),
    'video on a full disk': (EpisodeMonitor, 'on_image', _fill_disk),
    'summary on a full disk': (counted_rollout, 'write_json', _fill_disk),
}


if __name__ == '__main__':
    signal.signal(signal.SIGUSR1, lambda *_: setattr(*FAULTS[sys.argv[1]]))
    sys.exit(rollout.main(sys.argv[2:]))
