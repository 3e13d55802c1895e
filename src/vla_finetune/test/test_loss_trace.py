from types import SimpleNamespace

import pytest
import torch
from vla_finetune.loss_trace import trace_loss
from vla_lerobot.features import ACTION, STATE


class Data:
    """Frames 0 to 9 are the robot's, those after are the simulator's; episodes have 5 frames."""

    def origin_of(self, frame):
        name, own = ('real', frame) if frame < 10 else ('sim', frame - 10)
        dataset = SimpleNamespace(root=f'datasets/{name}')
        return SimpleNamespace(dataset=dataset, episode_of=lambda f: (f // 5, f % 5)), own


def batch(**broken):
    found = {STATE: torch.zeros(3, 8), ACTION: torch.zeros(3, 4, 8), 'index': torch.arange(3)}
    found['task'] = ['move'] * 3
    for key, row in broken.items():
        found[key][row].view(-1)[-1] = float('nan')
    return found


FRAMES = [1, 17, 8]


def text(samples, prepared):
    return str(trace_loss(float('nan'), samples, prepared, FRAMES, Data()))


def test_a_sample_that_is_not_finite_is_named_by_dataset_episode_and_frame():
    broken = batch(**{ACTION: 1})
    assert text(broken, broken).startswith(
        'the loss is nan: action of a sample is not finite: datasets/sim, episode 1, frame 2'
    )


def test_finite_samples_that_are_not_once_normalised_point_at_the_statistics():
    said = text(batch(), batch(**{STATE: 2}))
    assert 'observation.state is not finite once it is normalised' in said
    assert 'datasets/real, episode 1, frame 3; its statistics do not fit the data' in said


@pytest.mark.parametrize('loss', [float('nan'), float('inf')])
def test_where_all_is_finite_the_training_diverged(loss):
    said = str(trace_loss(loss, batch(), batch(), FRAMES, Data()))
    assert said.startswith(f'the loss is {loss}: the training diverged')
    assert said.endswith('lower --learning-rate')
