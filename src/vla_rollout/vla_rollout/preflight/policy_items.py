"""Is the policy sound, and fast enough?"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from vla_contract.check import Check, measured, skipped, Status
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import VlaError
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_policy_server.self_test.checks import PRIVILEGED, run_checks
from vla_policy_server.self_test.subject import Subject
from vla_rollout.diagnosis.healthy import find_healthy, learned_line

_LATENCY_MS = 200.0
_REPEATS = 20
_LEARNED = 'learned from this policy in this cell'


def check_identity(identity: PolicyIdentity) -> Check:
    """Say whether it is known what the policy is: what is unknown may not be released."""
    return measured(
        'identity of the policy',
        bool(identity.sha256),
        identity.sha256[:12] or identity.unknown,
        'known by its files',
        'serve it from files, or with vla policy serve',
    )


def check_policy(subject: Subject) -> Iterator[Check]:
    """Yield the self-test of the policy; what does not arise, or had no frames, stays unknown.

    A policy that reads what only a simulation knows cannot be released.
    """
    for check in run_checks(subject):
        name = f'policy: {check.name}'
        if check.name == PRIVILEGED:
            yield replace(check, name=name, status=Status.FAIL, fix='choose another policy')
        elif check.status is Status.SKIP:
            yield replace(check, name=name, status=Status.UNKNOWN, fix='')
        else:
            yield replace(check, name=name)


def check_diagnosis(deployment: Deployment, identity: PolicyIdentity) -> Check:
    """Say whether successful episodes of the policy are known, by which failures are named."""
    try:
        healthy = find_healthy(deployment, identity)
    except VlaError as error:
        return measured('failure diagnosis', False, str(error), _LEARNED, 'learn it anew')
    found = learned_line(deployment, healthy)
    return Check('failure diagnosis', Status.OK if healthy else Status.UNKNOWN, found, _LEARNED)


def check_latency(subject: Subject, now_ns: Callable[[], int]) -> Check:
    """Say how long an inference takes, warmed up, 95th percentile of twenty."""
    if subject.policy.needs_extras:
        why = 'the policy reads what only a simulation knows'
        return skipped('inference latency', why, f'< {_LATENCY_MS:.0f} ms', '')
    durations = []
    for k in range(_REPEATS + 2):
        began_ns = now_ns()
        subject.policy.infer(subject.observation)
        if k >= 2:
            durations.append((now_ns() - began_ns) / 1e6)
    p95 = float(np.percentile(durations, 95))
    chunk = subject.chunk(subject.observation)
    chunk_ms = len(chunk.positions) * chunk.period_ns / 1e6
    limit = min(_LATENCY_MS, chunk_ms / 2)
    return measured(
        'inference latency',
        p95 < limit,
        f'{p95:.0f} ms (95th percentile)',
        f'< {limit:.0f} ms, with chunks of {chunk_ms / 1000:.1f} s',
        'a faster precision (benchmark), or a remote GPU (docs/remote.md)',
    )
