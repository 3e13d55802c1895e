import json

import pytest
import torch
from torch import nn
from vla_contract.errors import VlaError
from vla_finetune.act.demonstrations import Demonstrations
from vla_finetune.act.grounding import ground, scenes_told_each
from vla_finetune.act.named_objects import load_named_objects, NamedObjects
from vla_lerobot.instruction_embedding import ENVIRONMENT_STATE

KEY = 'observation.images.top'
RED, GREEN = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])


@pytest.fixture
def data() -> Demonstrations:
    """Return four episodes of two frames in two scenes; each scene's picture is of one grey."""
    return Demonstrations(
        images={KEY: torch.arange(8, dtype=torch.uint8).repeat_interleave(48).view(8, 3, 4, 4)},
        state=torch.zeros(8, 8),
        action=torch.zeros(8, 8),
        instruction=torch.stack([RED, RED, GREEN, GREEN] * 2),
        last=torch.tensor([1, 1, 3, 3, 5, 5, 7, 7]),
        is_planned=torch.ones(8, dtype=torch.bool),
        stats={},
    )


@pytest.fixture
def root(tmp_path):
    """Return a dataset's folder with the manifests of the four episodes."""
    (tmp_path / 'meta').mkdir()
    lines = []
    for scene in range(2):
        for colour in ('red', 'green'):
            places = {
                f'{c}_cube_{axis}': {'value': value + scene}
                for c, value in (('red', 1.0), ('green', -1.0))
                for axis in 'xy'
            }
            lines.append(json.dumps({'values': {**places, 'target': {'value': f'{colour}_cube'}}}))
    (tmp_path / 'meta' / 'vla_manifests.jsonl').write_text('\n'.join(lines) + '\n')
    return tmp_path


def test_each_episode_keeps_its_places_and_each_object_its_words(root, data):
    objects = load_named_objects(root, data)
    assert objects.frames.tolist() == [0, 2, 4, 6]
    green, red = objects.said  # in the order of the alphabet
    assert green.tolist() == [GREEN.tolist()]
    assert red.tolist() == [RED.tolist()]
    assert (objects.places[:, 1] > objects.places[:, 0]).all()
    assert objects.places.mean() == pytest.approx(0.0, abs=1e-6)
    assert torch.equal(objects.places[0], objects.places[1])
    assert (objects.places[2] > objects.places[0]).all()


def test_a_dataset_cut_short_keeps_the_episodes_that_began(root, data):
    cut = Demonstrations(
        images={KEY: data.images[KEY][:3]},
        state=data.state[:3],
        action=data.action[:3],
        instruction=data.instruction[:3],
        last=torch.tensor([1, 1, 2]),
        is_planned=data.is_planned[:3],
        stats={},
    )
    assert len(load_named_objects(root, cut).places) == 2


def test_without_manifests_or_names_there_is_nothing_to_ground(root, data):
    path = root / 'meta' / 'vla_manifests.jsonl'
    path.write_text(json.dumps({'values': {}}) + '\n')
    with pytest.raises(VlaError, match='name no object'):
        load_named_objects(root, data)
    path.unlink()
    with pytest.raises(VlaError, match='vla dataset record-sim'):
        load_named_objects(root, data)


def test_the_same_scene_is_told_each_object(root, data):
    objects = load_named_objects(root, data)
    rng = torch.Generator().manual_seed(0)
    batch, places = scenes_told_each(data, objects, torch.tensor([2, 0]), rng)
    assert batch[KEY][:, 0, 0, 0].mul(255).round().tolist() == [4, 4, 0, 0]
    assert torch.equal(batch[ENVIRONMENT_STATE], torch.stack([GREEN, RED] * 2))
    for row, (scene, named) in enumerate([(2, 0), (2, 1), (0, 0), (0, 1)]):
        assert torch.equal(places[row, :2], objects.places[scene, named])
        assert torch.equal(places[row, 2:], objects.places[scene].flatten())


class Attentive(nn.Module):
    """Holds what `ground` trains of an ACT: says the place that its only input asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.listen = nn.Linear(2, 16)
        self.action_head = nn.Linear(16, 8)

    def forward(self, batch):
        heard = self.listen(batch[ENVIRONMENT_STATE])
        return self.action_head(torch.relu(heard))[:, None], None


class Policy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.model = Attentive()


@pytest.mark.parametrize('is_told', [True, False])
def test_what_is_found_needs_the_words_and_the_action_head_stays(data, is_told):
    torch.manual_seed(0)
    # The same places in every scene, so that the words alone tell which is meant.
    places = torch.tensor([[[-1.0, 0.0], [1.0, 0.0]]]).repeat(4, 1, 1)
    words = (GREEN[None], RED[None] if is_told else GREEN[None])
    objects = NamedObjects(torch.tensor([0, 2, 4, 6]), places, words)
    policy = Policy()
    head, before = policy.model.action_head, policy.model.action_head.weight.clone()
    rng = torch.Generator().manual_seed(0)
    found = ground(policy, dict, data, objects, 200, 0.01, False, rng)
    assert found == (1.0 if is_told else pytest.approx(0.5))
    assert policy.model.action_head is head
    assert torch.equal(head.weight, before)
