from dataclasses import replace

from finetune_samples import damage
import numpy as np
import pytest
import torch
from vla_contract.deployment.deployment import load_deployment
from vla_contract.deployment.policy_file import Component
from vla_contract.errors import ResourceNotFoundError, VlaError
from vla_finetune.act.demonstrations import (
    blank_some,
    Demonstrations,
    load_demonstrations,
    vary_photometry,
)
from vla_lerobot.features import ACTION, STATE
from vla_lerobot.instruction_embedding import ENVIRONMENT_STATE

KEY = 'observation.images.top'


@pytest.fixture
def data() -> Demonstrations:
    """Return two episodes of 3 and 2 frames; action k is k everywhere, the gripper 0 or 0.8."""
    action = torch.arange(5.0)[:, None].repeat(1, 8)
    action[:, 7] = torch.tensor([0.0, 0.0, 0.8, 0.0, 0.8])
    return Demonstrations(
        images={KEY: torch.full((5, 3, 4, 4), 100, dtype=torch.uint8)},
        state=torch.full((5, 8), 0.5),
        action=action,
        instruction=None,
        last=torch.tensor([2, 2, 2, 4, 4]),
        is_planned=torch.ones(5, dtype=torch.bool),
        stats={},
    )


def test_actions_stop_at_the_end_of_their_episode(data):
    batch = data.batch(torch.tensor([1, 4]), chunk=4)
    assert batch[ACTION][:, :, 0].tolist() == [[1, 2, 2, 2], [4, 4, 4, 4]]
    assert batch['action_is_pad'].tolist() == [
        [False, False, True, True],
        [False, True, True, True],
    ]
    assert batch[KEY].max() == pytest.approx(100 / 255)


def test_where_the_arm_was_held_nothing_is_learned(data):
    held = replace(data, is_planned=torch.tensor([True, False, True, True, False]))
    batch = held.batch(torch.tensor([0, 2]), chunk=3)
    assert batch['action_is_pad'].tolist() == [[False, True, True], [False, True, True]]
    drawn = held.draw(200, 0.5, torch.Generator().manual_seed(0))
    assert set(drawn.tolist()) == {0, 2, 3}


def test_a_blank_frame_asks_to_stay_and_keeps_the_fingers(data):
    batch = data.batch(torch.tensor([0, 3]), chunk=4)
    blank_some(batch, data, {7: True}, share=1.0, rng=torch.Generator().manual_seed(0))
    assert (batch[ACTION][:, :, :7] == 0.5).all()
    assert batch[ACTION][:, :, 7].tolist() == [[pytest.approx(0.8)] * 4] * 2
    assert not batch['action_is_pad'].any()
    assert batch[KEY].std(dim=(2, 3)).max() == 0.0


@pytest.mark.parametrize(('closes_upwards', 'stays'), [(True, [0.0, 1.0]), (False, [0.0, 0.0])])
def test_fingers_that_hold_something_stay_closed(data, closes_upwards, stays):
    """The numbers 0.3 and 0.55 have closed by as much of the way, or by 0.7 and 0.45 of it."""
    data = replace(data, state=data.state.clone(), action=data.action.clone())
    data.state[[0, 3], 7] = torch.tensor([0.3, 0.55])
    data.action[:, 7] = torch.linspace(0.0, 1.0, len(data.action))
    batch = data.batch(torch.tensor([0, 3]), chunk=1)
    blank_some(batch, data, {7: closes_upwards}, share=1.0, rng=torch.Generator().manual_seed(0))
    assert batch[ACTION][:, 0, 7].tolist() == stays


def test_without_a_share_nothing_is_blanked(data):
    batch = data.batch(torch.tensor([0, 3]), chunk=4)
    before = {key: value.clone() for key, value in batch.items()}
    blank_some(batch, data, {7: True}, share=0.0, rng=torch.Generator().manual_seed(0))
    assert all(torch.equal(batch[key], before[key]) for key in before)


def test_photometry_stays_an_image_and_follows_its_seed(data):
    first, second = (data.batch(torch.tensor([0, 1]), chunk=2) for _ in range(2))
    for batch in (first, second):
        vary_photometry(batch, [KEY], torch.Generator().manual_seed(3))
    assert torch.equal(first[KEY], second[KEY])
    assert 0.0 <= first[KEY].min() <= first[KEY].max() <= 1.0
    assert not torch.equal(first[KEY][0], first[KEY][1])


def test_a_share_of_the_frames_is_drawn_from_how_episodes_begin(data):
    lengths = torch.tensor([30, 70])
    last = torch.repeat_interleave(lengths.cumsum(0) - 1, lengths)
    long = replace(data, last=last, is_planned=torch.ones(100, dtype=torch.bool))
    early = {*range(5), *range(30, 35)}
    rng = torch.Generator().manual_seed(0)
    assert set(long.draw(500, 1.0, rng).tolist()) == early
    assert set(long.draw(5000, 0.0, rng).tolist()) == set(range(100))
    share = sum(frame in early for frame in long.draw(4000, 0.5, rng).tolist()) / 4000
    assert abs(share - (0.5 + 0.5 * 0.1)) < 0.03


def test_every_frame_says_its_own_instruction(data):
    said = replace(data, instruction=torch.arange(5.0)[:, None].repeat(1, 3))
    batch = said.batch(torch.tensor([4, 0]), chunk=2)
    assert batch[ENVIRONMENT_STATE].tolist() == [[4.0] * 3, [0.0] * 3]
    assert ENVIRONMENT_STATE not in data.batch(torch.tensor([4, 0]), chunk=2)


def record(root, instructions):
    from lerobot.datasets import LeRobotDataset

    deployment = load_deployment()
    vector = {'dtype': 'float32', 'shape': (8,), 'names': list(deployment.policy.action_names)}
    image = {'dtype': 'image', 'shape': (96, 96, 3), 'names': ['height', 'width', 'channels']}
    features = {ACTION: vector, STATE: vector, KEY: image}
    written = LeRobotDataset.create('local/tiny', 10, features, root=root, use_videos=False)
    rng = np.random.default_rng(0)
    for length, instruction in zip((4, 3), instructions, strict=True):
        for _ in range(length):
            frame = {key: rng.normal(size=8).astype(np.float32) for key in (ACTION, STATE)}
            frame[ACTION][0] = 1.0
            pixels = rng.integers(0, 255, (96, 96, 3), dtype=np.uint8)
            written.add_frame({**frame, KEY: pixels, 'task': instruction})
        written.save_episode()
    written.finalize()
    return root


@pytest.fixture(scope='module')
def dataset(tmp_path_factory):
    return record(tmp_path_factory.mktemp('data') / 'tiny', ['t', 't'])


def test_a_dataset_is_read_with_its_episodes_and_floored_statistics(dataset):
    data = load_demonstrations(dataset, load_deployment(), floor=0.01)
    assert data.last.tolist() == [3, 3, 3, 3, 6, 6, 6]
    assert data.images[KEY].shape == (7, 3, 96, 96)
    assert data.instruction is None
    assert data.stats[ACTION]['std'][0] == pytest.approx(0.01)


def test_several_instructions_are_embedded_and_scaled_as_one(tmp_path):
    root = record(tmp_path / 'said', ['lift the red cube', 'lift the green cube'])
    data = load_demonstrations(root, load_deployment(), floor=0.01)
    red, green = data.instruction[0], data.instruction[6]
    assert torch.equal(data.instruction[:4], red.expand(4, -1))
    assert torch.equal(data.instruction[4:], green.expand(3, -1))
    assert red.norm() == pytest.approx(1.0)
    stats = data.stats[ENVIRONMENT_STATE]
    assert torch.allclose(stats['mean'], (4 * red + 3 * green) / 7, atol=1e-6)
    scaled = (data.instruction - stats['mean']) / stats['std']
    assert scaled.square().mean() == pytest.approx(1.0)
    assert stats['std'].unique().numel() == 1


def test_another_joint_order_is_read_by_name(dataset):
    deployment = load_deployment()
    names = deployment.policy.action_names
    action = (Component(joints=(names[1], names[0], *names[2:])),)
    other = replace(deployment, policy=replace(deployment.policy, action=action))
    wanted, found = (load_demonstrations(dataset, one, floor=0.0) for one in (deployment, other))
    swapped = [1, 0, *range(2, 8)]
    assert torch.equal(found.action, wanted.action[:, swapped])
    assert torch.equal(found.stats[ACTION]['mean'], wanted.stats[ACTION]['mean'][swapped])
    assert torch.equal(found.state, wanted.state)
    [note] = found.notes
    assert note.startswith(f'{dataset}: action: mapped by name from {names[0]}, {names[1]}')


def test_statistics_are_those_of_the_frames_that_are_read(dataset):
    data = load_demonstrations(dataset, load_deployment(), floor=0.0, most_frames=4)
    assert len(data.state) == 4
    assert data.stats[STATE]['mean'].numpy() == pytest.approx(data.state.numpy().mean(axis=0))
    wanted = np.quantile(data.state.numpy(), 0.99, axis=0)
    assert data.stats[STATE]['q99'].numpy() == pytest.approx(wanted, abs=1e-6)
    pixels = data.images[KEY].numpy().astype(float) / 255.0
    assert data.stats[KEY]['mean'].numpy().ravel() == pytest.approx(pixels.mean(axis=(0, 2, 3)))


def test_a_number_that_is_not_finite_is_named(tmp_path):
    root = record(tmp_path / 'broken', ['t', 't'])
    damage(root, ACTION, 5, [float('nan')] * 8)
    with pytest.raises(VlaError, match='action: found a number that is not finite in episode 1, '):
        load_demonstrations(root, load_deployment(), floor=0.01)


def test_another_robot_is_refused(tmp_path):
    root = record(tmp_path / 'other', ['t', 't'])
    info = root / 'meta' / 'info.json'
    info.write_text(info.read_text().replace('"robot_type": null', '"robot_type": "vx300s"'))
    with pytest.raises(VlaError, match="robot: found 'vx300s'"):
        load_demonstrations(root, load_deployment(), floor=0.01)


def test_a_missing_dataset_is_named(tmp_path):
    with pytest.raises(ResourceNotFoundError, match='folder of a LeRobotDataset'):
        load_demonstrations(tmp_path, load_deployment(), floor=0.01)
