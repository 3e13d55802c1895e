"""The slow start of a supervised rollout: preflight passed, speed by the rule, state on disk."""

import argparse
from datetime import datetime, UTC
from pathlib import Path
from typing import Any

from vla_contract.errors import VlaError
from vla_rollout.deployment.slow_start import SlowStart
from vla_rollout.deployment.slow_start_file import load_slow_start, save_slow_start
from vla_rollout.diagnosis.cause import Mode
from vla_rollout.episodes.answers import has_answer
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.preflight.gate import require_passed
from vla_rollout.preflight.subject import Subject

# Of the filter: what latched, by itself or because somebody pressed.
_STOPS = ('stops', 'e_stops')
_RESUME = 'resume_after_rejection'


def add_slow_start(parser: argparse.ArgumentParser) -> None:
    """Add what a new policy on a real arm needs."""
    parser.add_argument(
        '--slow-start',
        type=Path,
        metavar='STATE.yaml',
        help='slow first, faster by the rule; where the state is kept',
    )
    parser.add_argument('--preflight', type=Path, help='preflight.json of this cell and policy')
    parser.add_argument('--soft', action='store_true', help='the objects of this run are soft')
    parser.add_argument(
        '--resume-after-rejection',
        metavar='NAME',
        help='who has found out why the success rate was rejected: the slow start begins anew',
    )


def require_slow_start(args: argparse.Namespace) -> None:
    """Refuse options of a slow start where there is none.

    Raises:
        VlaError: names the first.
    """
    if getattr(args, 'slow_start', None) is not None:
        return
    for name in ('preflight', 'soft', _RESUME):
        if getattr(args, name, None):
            option = name.replace('_', '-')
            raise VlaError(f'--{option} needs --slow-start STATE.yaml; without it nothing uses it')


class SupervisedSlowStart:
    """Says how fast the next episode may be, and remembers every episode across restarts."""

    def __init__(self, path: Path, state: SlowStart, is_soft: bool) -> None:
        """Go on from a state."""
        self._path, self._state, self._is_soft = path, state, is_soft

    @classmethod
    def of(cls, args: argparse.Namespace, facts: dict[str, Any]) -> 'SupervisedSlowStart | None':
        """Return the slow start that the arguments name, None without one.

        Args:
            args: arguments of `add_slow_start`.
            facts: what `provenance` says of what is to move.

        Raises:
            VlaError: nobody knows what the policy is, preflight did not pass for this cell,
                calibrations and policy, the state does not belong to them, or an option has no
                meaning.
        """
        path = getattr(args, 'slow_start', None)
        require_slow_start(args)
        if path is None:
            return None
        if args.preflight is None:
            raise VlaError('--slow-start needs --preflight PREFLIGHT.json; run preflight first')
        subject = Subject.of(facts)
        require_passed(args.preflight, subject, datetime.now(UTC))
        state = load_slow_start(path, subject)
        person = getattr(args, _RESUME, None)
        if person is not None:
            state = state.confirmed(person)
            save_slow_start(path, state)
        return cls(path, state, args.soft)

    def next_speed(self) -> float:
        """Return the share of the velocity limits that the next episode may use.

        Raises:
            VlaError: episodes with soft objects come first, and these are not soft.
        """
        if self._state.needs_soft_object and not self._is_soft:
            raise VlaError(f'{self._state.describe()}: run it with soft objects and --soft')
        return self._state.speed

    def count(self, result: EpisodeResult) -> None:
        """Take an episode into account, and save the state.

        One without an answer of the policy says nothing about it, unless it was alarming.

        Raises:
            VlaError, OSError: the state cannot be saved; the rule would be lost.
        """
        stops = sum(result.filter_counters.get(name, 0) for name in _STOPS)
        is_alarming = result.failure_mode in (Mode.COLLISION, Mode.OVERLOAD) or stops > 0
        if not (has_answer(result) or is_alarming):
            print(f'no answer of the policy, not counted; {self._state.describe()}', flush=True)
            return
        self._state = self._state.after(result.success, self._is_soft, is_alarming)
        save_slow_start(self._path, self._state)
        print(self._state.describe(), flush=True)
