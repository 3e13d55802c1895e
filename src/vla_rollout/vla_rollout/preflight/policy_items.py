"""Is the policy sound, and fast enough?"""

from collections.abc import Callable, Iterator

import numpy as np
from vla_policy_server.self_test.checks import run_checks
from vla_policy_server.self_test.finding import FAIL
from vla_policy_server.self_test.subject import Subject
from vla_rollout.preflight.finding import Finding, measured

_LATENCY_MS = 200.0
_REPEATS = 20


def check_policy(subject: Subject) -> Iterator[Finding]:
    """Yield the self-test of the policy, one finding per check; what was skipped holds."""
    for check, finding in run_checks(subject):
        holds = finding.verdict != FAIL
        yield measured(f'policy: {check.name}', holds, finding.found, 'passes', check.fix)


def check_latency(subject: Subject, now_ns: Callable[[], int]) -> Finding:
    """Say how long an inference takes, warmed up, 95th percentile of twenty."""
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
