"""Is the answer the same when asked again, and does it cover the time that it has to?"""

import time

import numpy as np
from vla_contract.values import to_ns
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.checkpoints.checkpoint import Checkpoint
from vla_policy_server.self_test.found import Found, judge, skip, warn
from vla_policy_server.self_test.subject import Subject
from vla_policy_server.serving.coverage import Coverage, frame_ns


def answer_repeats(subject: Subject) -> Found:
    """Ask twice; a policy that draws noise must repeat itself with the same seed."""
    first, second = (subject.chunk(subject.observation, is_seeded=False) for _ in range(2))
    if np.array_equal(first.positions, second.positions):
        return judge(True, 'two answers are equal to the last bit')
    if subject.checkpoint is None:
        return skip('two answers differ, and the backend cannot be seeded from here')
    if _drops_out(subject.checkpoint):
        return judge(False, 'two answers differ, and dropout is on')
    change = subject.change(subject.observation, subject.observation)
    found = f'two answers differ; with the same seed by {change:.2g} of a range'
    return judge(change < 1e-6, found)


def chunk_fits_the_policy_file(subject: Subject) -> Found:
    """Compare length, period and width of a chunk with the policy file and the checkpoint."""
    chunk = subject.chunk(subject.observation)
    fps = subject.deployment.policy.rate_hz
    # Several moves begin with where the joints were seen.
    has_moves = VectorCodec(subject.deployment).has_moves and len(chunk.positions) > 1
    steps = len(chunk.positions) - has_moves
    found = f'{steps} steps at {1e9 / chunk.period_ns:g} Hz'
    problems = []
    if chunk.period_ns != to_ns(1.0 / fps):
        problems.append(f'policy file {fps:g} Hz')
    wanted = _trained_steps(subject)
    if wanted not in (None, steps):
        problems.append(f'trained with {wanted} steps')
    return judge(not problems, '; '.join([found, *problems]))


def answer_comes_in_time(subject: Subject) -> Found:
    """Compare how long an answer takes with what its chunk covers."""
    durations_ns = []
    for _ in range(2):
        begun_ns = time.monotonic_ns()
        chunk = subject.chunk(subject.observation)
        durations_ns.append(time.monotonic_ns() - begun_ns)
    delay_ns = min(durations_ns)  # something else may have had the processor
    deployment = subject.deployment
    coverage = Coverage(
        len(chunk.positions),
        chunk.period_ns,
        to_ns(deployment.cell.deadlines.chunk_age_s),
        frame_ns(deployment),
    )
    if gap := coverage.gap(delay_ns):
        return warn(gap)
    return judge(True, f'an answer takes {delay_ns / 1e6:.0f} ms on this machine')


def rate_is_the_recorded_one(subject: Subject) -> Found:
    """Compare the rate of the recording with that of the policy file."""
    fps = subject.deployment.policy.rate_hz
    if subject.golden is None and subject.checkpoint is None:
        return skip('no golden frames; give --dataset')
    if subject.golden is None:
        if subject.checkpoint and subject.checkpoint.manifest.get('fps') is not None:
            return judge(True, f'trained at {fps:g} Hz, as the policy file says')
        return warn(f'recorded nowhere: the {fps:g} Hz of the policy file are believed')
    return judge(
        subject.golden.fps == fps, f'recorded at {subject.golden.fps:g} Hz, policy file {fps:g} Hz'
    )


def _trained_steps(subject: Subject) -> int | None:
    if subject.checkpoint is None:
        return None
    steps: int | None = getattr(subject.checkpoint.network.config, 'chunk_size', None)
    return steps


def _drops_out(checkpoint: Checkpoint) -> bool:
    """Whether a dropout layer of the network still acts after an answer."""
    layers = checkpoint.network.modules()
    return any('Dropout' in type(m).__name__ and m.training and m.p > 0 for m in layers)
