from pathlib import Path

import pytest
from vla_rollout.conclusion import conclude, status_of
from vla_rollout.episodes.episode import EpisodeResult


def episode(seed: int, success: bool, chunks: int = 12, is_counted: bool = True) -> EpisodeResult:
    return EpisodeResult(
        *(seed, success, 'success' if success else 'timeout', 6.0, 0, chunks, None, None),
        is_counted=is_counted,
    )


def test_the_success_and_the_next_command_come_last(capsys):
    results = [episode(0, True), episode(1, False)]
    assert conclude('my policy', results, Path('runs/my run'), None) == 0
    said = capsys.readouterr()
    *_, success, following = said.out.splitlines()
    assert success.startswith('my policy: success 1/2 (50%')
    assert following == "next: vla rollout report 'runs/my run'"
    assert said.err == ''


@pytest.mark.parametrize(
    ('successes', 'failures', 'silent', 'least', 'status'),
    [
        (9, 1, 0, 0.9, 0),
        (8, 2, 0, 0.9, 1),
        (0, 10, 0, None, 0),
        (0, 10, 0, 0.0, 0),
        (10, 0, 0, 1.0, 0),
        # Without an answer nothing succeeded.
        (9, 0, 1, 0.9, 0),
        (9, 0, 2, 0.9, 1),
        (0, 0, 3, None, 1),
        (0, 0, 3, 0.0, 1),
        (1, 0, 3, None, 0),
        # A run that was stopped before the first episode.
        (0, 0, 0, None, 0),
        (0, 0, 0, 0.5, 1),
    ],
)
def test_a_rate_below_the_least_is_not_good_enough(
    capsys, successes, failures, silent, least, status
):
    results = [
        *(episode(k, True) for k in range(successes)),
        *(episode(k, False) for k in range(failures)),
        *(episode(k, False, chunks=0) for k in range(silent)),
    ]
    assert status_of([results], least) == status
    said = capsys.readouterr().err
    total = len(results)
    if least and status:
        assert said == f'not enough: {successes} of {total} succeeded; --least {least:g}\n'
    else:
        assert said == ''


def test_every_domain_of_a_sweep_must_have_the_least():
    good, bad = [episode(0, True)], [episode(0, False)]
    assert status_of([good, good], 0.5) == 0
    assert status_of([good, bad], 0.5) == 1


def test_what_the_operator_discarded_counts_for_nothing():
    results = [episode(0, True), episode(1, False, is_counted=False)]
    assert conclude('my policy', results, Path('runs/r'), 1.0) == 0
