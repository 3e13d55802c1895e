from hypothesis import given, settings
from hypothesis import strategies as st
from vla_finetune.validation import best_of, is_exhausted, Validation


def looks(*errors):
    return [Validation(step, 1.0, error) for step, error in enumerate(errors)]


def test_training_stops_when_patience_ends_after_the_best():
    falling_then_rising = looks(3.0, 1.0, 2.0, 1.5)
    assert not is_exhausted(falling_then_rising, patience=3)
    assert is_exhausted(falling_then_rising, patience=2)
    assert best_of(falling_then_rising).step == 1


@settings(deadline=None)
@given(st.lists(st.floats(0, 10), max_size=10))
def test_without_patience_training_never_stops_early(errors):
    assert not is_exhausted(looks(*errors), patience=0)


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(1, 10))
def test_an_error_that_keeps_falling_never_stops(patience, count):
    assert not is_exhausted(looks(*range(count, 0, -1)), patience)


def test_nearer_first_actions_count_and_not_a_smaller_loss():
    assert best_of([Validation(1, 0.37, 0.033), Validation(2, 0.39, 0.031)]).step == 2
