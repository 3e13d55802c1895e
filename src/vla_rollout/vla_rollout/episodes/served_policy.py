"""What a policy server says it serves, and that it goes on serving it."""

import threading

from vla_contract.errors import VlaError
from vla_policy_server.identity.policy_identity import from_json, PolicyIdentity


class OtherPolicyError(VlaError):
    """The policy server serves another policy than when the run began."""

    def __init__(self, before: PolicyIdentity, now: PolicyIdentity) -> None:
        super().__init__(
            f'policy_server serves another policy than when the run began: {described(now)}, not '
            f'{described(before)}; the run has ended, begin a new one'
        )


class ServedPolicy:
    """Holds the newest identity, and the one with which a run began; safe between threads."""

    def __init__(self) -> None:
        """Start before the first message."""
        self._lock = threading.Lock()
        self._newest: PolicyIdentity | None = None
        self._begun_with: PolicyIdentity | None = None
        self._problem: VlaError | None = None

    @property
    def is_known(self) -> bool:
        """Whether the server has said what it serves now, or something that cannot be read."""
        with self._lock:
            return self._newest is not None or self._problem is not None

    def hear(self, text: str) -> None:
        """Take a message of `policy_server/identity`; an empty one says that nothing is loaded.

        Nothing can move by a server that has nothing loaded: it may come back with the same.
        """
        with self._lock:
            try:
                self._newest = from_json(text) if text else None
            except VlaError as error:
                self._problem = error
                return
            begun_with = self._begun_with
            if begun_with and self._newest and not is_same(self._newest, begun_with):
                self._problem = OtherPolicyError(begun_with, self._newest)

    def begin(self) -> PolicyIdentity:
        """Return what is served; from now on it must stay.

        Raises:
            VlaError: nothing is, or the message cannot be read.
        """
        self.check()
        with self._lock:
            if self._newest is None:
                raise VlaError('policy_server has no policy loaded: configure it')
            self._begun_with = self._newest
            return self._newest

    def check(self) -> None:
        """Raise what has come to light.

        Raises:
            OtherPolicyError: another policy is served than when the run began.
            VlaError: a message could not be read.
        """
        with self._lock:
            if self._problem:
                raise self._problem


def is_same(one: PolicyIdentity, other: PolicyIdentity) -> bool:
    """Return whether both are one policy; unknown ones are, as far as anybody can tell."""
    if one.sha256 or other.sha256:
        return one.sha256 == other.sha256 and one.cell_sha256 == other.cell_sha256
    return one == other


def change_of(allowed: PolicyIdentity, text: str) -> str:
    """Return what has changed at a policy server, '' for nothing.

    Args:
        allowed: what it may serve.
        text: newest message of `policy_server/identity`; an empty one is a change too.
    """
    if not text:
        return 'policy_server serves nothing any more'
    try:
        now = from_json(text)
    except VlaError as error:
        return str(error)
    if is_same(now, allowed):
        return ''
    return f'policy_server serves another policy: {described(now)}, not {described(allowed)}'


def described(policy: PolicyIdentity) -> str:
    """Return a policy in words."""
    source = f' from {policy.source}' if policy.source else ''
    sha256 = policy.sha256[:8] or 'unknown files'
    return f'{policy.policy}{source} (backend {policy.backend}, {sha256})'
