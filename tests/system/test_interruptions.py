"""Ctrl-C after the first finished unit: it is on disk, and going on comes to the same result.

benchmarks/endurance/interrupt.py does the same at random moments.
"""

from dataclasses import replace

from benchmarks.endurance.interrupt import (
    CASES,
    left_alone,
    NEEDS_REAL_TIME,
    said,
    try_once,
)
import pytest

# Less to do than at random moments: more than is under way when the first unit is finished. Two
# workers are those of `sim run` in a sweep too.
SMALLER = {
    'check instruction': {'--episodes': '2'},
    'record-sim': {'--episodes': '5'},
    'sim run, two workers': {'--episodes': '5'},
    'sweep': {'--episodes': '2', '--workers': '1'},
}


@pytest.mark.parametrize('name', sorted(CASES.keys() - {'sim run', *NEEDS_REAL_TIME}))
def test_an_interrupted_command_goes_on_to_the_same_result(name, tmp_path, monkeypatch):
    words = list(CASES[name].words)
    for option, value in SMALLER.get(name, {}).items():
        words[words.index(option) + 1] = value
    monkeypatch.setitem(CASES, name, replace(CASES[name], words=tuple(words)))
    expected, _ = left_alone(name, tmp_path / 'alone')
    folder = tmp_path / 'interrupted'
    least = next(n for n in range(1, 100) if CASES[name].promised(n))

    def has_finished_a_unit() -> bool:
        return CASES[name].shown(said(folder)) >= least

    trial = try_once(name, folder, expected, has_finished_a_unit)
    assert not trial.problem
    assert trial.ended_s > 0.0, 'it was over before'
    assert trial.units >= 1
