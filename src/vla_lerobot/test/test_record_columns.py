from types import SimpleNamespace

import numpy as np
import pytest
from vla_lerobot.record_columns import PLANNED, planned_frames


class Dataset:
    """Two episodes of five and three frames; of the first the middle was held."""

    def __init__(self, is_planned=None) -> None:
        self.num_frames = 8
        self.features = {} if is_planned is None else {PLANNED: {}}
        ends = {'dataset_from_index': [0, 5], 'dataset_to_index': [5, 8]}
        self.meta = SimpleNamespace(episodes=ends)
        column = None if is_planned is None else np.array(is_planned)[:, None]
        self.hf_dataset = SimpleNamespace(with_format=lambda _: {PLANNED: column})


HELD = [True, True, False, True, True, True, True, False]


def test_every_frame_of_a_dataset_without_the_column_may_be_trained_on():
    assert planned_frames(Dataset(), range(16)).all()


@pytest.mark.parametrize(
    ('offsets', 'usable'),
    [
        ((0,), HELD),
        ((0, 1), [True, False, False, True, True, True, False, False]),
        (range(16), [False, False, False, True, True, False, False, False]),
        ((-1, 0, 1), [True, False, False, False, True, True, False, False]),
    ],
)
def test_a_window_that_a_hold_is_in_is_left_out_and_ends_with_its_episode(offsets, usable):
    assert planned_frames(Dataset(HELD), list(offsets)).tolist() == usable
