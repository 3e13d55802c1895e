from dataclasses import replace
import json
from pathlib import Path
import shutil

import numpy as np
from policy_changes import with_names, with_policy
import pytest
from vla_contract.errors import (
    PolicyError,
    PolicyMismatchError,
    ResourceNotFoundError,
    UnknownNameError,
    VlaError,
)
from vla_contract.share import find_model
from vla_contract.values import Observation, to_ns
from vla_policy_server.backends.registry import make_policy

STATE = np.array([0.0, 0.15, 0.0, -2.15, 0.0, 2.30, 0.785, 0.0])


def test_an_unknown_backend_lists_those_that_exist(deployment):
    with pytest.raises(UnknownNameError, match='hold, lerobot, remote, replay, scripted'):
        make_policy(with_policy(deployment, backend='act'), 'cpu')


def test_a_backend_of_ones_own_is_a_factory(deployment):
    policy = make_policy(
        with_policy(deployment, backend='vla_policy_server.backends.hold:make_hold'), 'cpu'
    )
    assert not policy.needs_images
    with pytest.raises(VlaError, match='cannot be imported'):
        make_policy(with_policy(deployment, backend='no_such_module:make'), 'cpu')


def test_hold_stays_where_it_was_first_seen(deployment):
    policy = make_policy(with_policy(deployment, backend='hold'), 'cpu')
    policy.infer(Observation(0, STATE, {}, ''))
    chunk = policy.infer(Observation(1, STATE + 0.5, {}, ''))
    assert (chunk.positions == STATE).all()
    policy.reset()
    assert (policy.infer(Observation(2, STATE + 0.5, {}, '')).positions == STATE + 0.5).all()


def test_scripted_needs_the_cubes_pose_and_no_images(deployment):
    policy = make_policy(with_policy(deployment, backend='scripted'), 'cpu')
    assert policy.needs_extras == ('cube_pose',)
    assert not policy.needs_images


def test_replay_of_no_dataset_is_one_sentence(deployment, tmp_path):
    with pytest.raises(ResourceNotFoundError, match='LeRobotDataset'):
        make_policy(with_policy(deployment, backend='replay', source=str(tmp_path)), 'cpu')


@pytest.fixture(scope='module')
def dataset(tmp_path_factory, deployment) -> Path:
    from lerobot.datasets import LeRobotDataset

    root = tmp_path_factory.mktemp('data') / 'replay'
    names = list(reversed(deployment.policy.action_names))
    vector = {'dtype': 'float32', 'shape': (8,), 'names': names}
    features = {'action': vector, 'observation.state': vector}
    written = LeRobotDataset.create('local/replay', 10, features, root=root, use_videos=False)
    for episode in range(2):
        for k in range(20):
            action = np.full(8, episode + k / 100, np.float32)
            action[-1] = -1.0  # the cell's first joint
            written.add_frame({'action': action, 'observation.state': action, 'task': 't'})
        written.save_episode()
    written.finalize()
    return root


@pytest.fixture(scope='module')
def checkpoint() -> Path:
    found = find_model('panda_lift_act')
    assert found is not None
    return found


@pytest.fixture(scope='module')
def shipped(deployment):
    """Return the shipped policy; nobody changes it."""
    return make_policy(deployment, 'cpu')


@pytest.fixture
def copy(checkpoint, tmp_path) -> Path:
    return Path(shutil.copytree(checkpoint, tmp_path / 'checkpoint'))


class TestReplay:
    """Replay of a dataset that this test writes."""

    def test_actions_follow_their_names_and_the_clock(self, deployment, dataset):
        policy = make_policy(
            with_policy(deployment, backend='replay', source=f'{dataset}:1'), 'cpu'
        )
        first = policy.infer(Observation(to_ns(3.0), STATE, {}, ''))
        assert first.positions[0, 0] == -1.0
        assert first.positions[:, 7] == pytest.approx(1 + np.arange(16) / 100)
        later = policy.infer(Observation(to_ns(3.55), STATE, {}, ''))
        assert later.stamp_ns == to_ns(3.5)
        assert later.positions[0, 7] == pytest.approx(1.05)
        assert later.positions[-1, 7] == pytest.approx(1.19)

    def test_an_episode_that_does_not_exist_is_named(self, deployment, dataset):
        with pytest.raises(PolicyError, match="no episode '7'; it has 0 to 1"):
            make_policy(with_policy(deployment, backend='replay', source=f'{dataset}:7'), 'cpu')

    def test_another_rate_is_refused(self, deployment, dataset):
        slow = with_policy(deployment, backend='replay', source=str(dataset), rate_hz=5.0)
        with pytest.raises(PolicyError, match='has 10 fps, the policy file 5'):
            make_policy(slow, 'cpu')


class TestLeRobot:
    """The shipped checkpoint, whole and damaged."""

    def observation(self, column: int) -> Observation:
        """Return a red cube on a table, at an image column."""
        image = np.full((384, 384, 3), (170, 140, 105), np.uint8)
        image[180:225, column : column + 45] = (200, 40, 30)
        return Observation(9, STATE, {'top': image}, 'lift the cube')

    def test_it_answers_with_a_chunk_that_depends_on_the_image(self, shipped):
        left, right = (shipped.infer(self.observation(column)) for column in (100, 240))
        assert left.stamp_ns == 9
        assert left.positions.shape == (16, 8)
        assert np.abs(left.positions - right.positions).max() > 0.05
        again = shipped.infer(self.observation(100))
        assert np.array_equal(again.positions, left.positions)

    def test_a_folder_that_does_not_exist_is_one_sentence(self, deployment):
        with pytest.raises(PolicyError, match="checkpoint './nothing' not found"):
            make_policy(with_policy(deployment, source='./nothing'), 'cpu')

    def test_a_folder_without_a_checkpoint_is_one_sentence(self, deployment, tmp_path):
        with pytest.raises(PolicyError, match='it has no config.json'):
            make_policy(with_policy(deployment, source=str(tmp_path)), 'cpu')

    def test_damaged_weights_are_one_sentence(self, deployment, copy):
        (copy / 'model.safetensors').write_bytes(b'xx')
        with pytest.raises(PolicyError, match='model.safetensors is damaged'):
            make_policy(with_policy(deployment, source=str(copy)), 'cpu')

    def test_missing_weights_are_not_filled_in(self, deployment, copy):
        from safetensors.torch import load_file, save_file

        weights = load_file(copy / 'model.safetensors')
        weights.pop(next(iter(weights)))
        save_file(weights, copy / 'model.safetensors', metadata={'format': 'pt'})
        with pytest.raises(PolicyError, match='cannot be loaded'):
            make_policy(with_policy(deployment, source=str(copy)), 'cpu')

    def test_a_class_that_the_checkpoint_names_does_not_run(self, deployment, copy, tmp_path):
        step = {'class': 'subprocess.Popen', 'config': {'args': ['touch', f'{tmp_path / "ran"}']}}
        pipeline = json.loads((copy / 'policy_preprocessor.json').read_text())
        pipeline['steps'].insert(0, step)
        (copy / 'policy_preprocessor.json').write_text(json.dumps(pipeline))
        other = with_policy(deployment, source=str(copy))
        with pytest.raises(PolicyError, match=r"would run 'subprocess\.Popen'"):
            make_policy(other, 'cpu')
        assert not (tmp_path / 'ran').exists()
        # Allowed, it is LeRobot's: a process is no step, and that is said when it has run.
        with pytest.raises(PolicyError, match='ProcessorStep'):
            make_policy(replace(other, allow_code=('subprocess.Popen',)), 'cpu')

    def test_a_camera_the_policy_does_not_know_is_refused(self, deployment, copy):
        camera = replace(deployment.policy.cameras[0], feature='observation.images.wrist')
        other = with_policy(deployment, source=str(copy), cameras=(camera,))
        with pytest.raises(PolicyError, match='the policy file gives observation.images.wrist'):
            make_policy(other, 'cpu')

    def test_another_image_size_is_refused(self, deployment, copy):
        camera = replace(deployment.policy.cameras[0], width=128)
        other = with_policy(deployment, source=str(copy), cameras=(camera,))
        with pytest.raises(PolicyError, match=r'observation.images.top \[3, 96, 128\]'):
            make_policy(other, 'cpu')

    @pytest.mark.parametrize('key', ['state', 'action'])
    def test_another_order_of_joints_changes_nothing_and_is_noted(
        self, deployment, shipped, copy, key
    ):
        permuted = with_names(deployment, deployment.cell.joint_names[::-1], key)
        policy = make_policy(with_policy(permuted, source=str(copy)), 'cpu')
        seen = self.observation(100)
        assert np.array_equal(policy.infer(seen).positions, shipped.infer(seen).positions)
        assert shipped.notes == ()
        assert len(policy.notes) == 1
        assert f'{key}: mapped by name from the order panda_joint1, panda' in policy.notes[0]

    @pytest.mark.parametrize('key', ['state_names', 'action_names'])
    def test_another_joint_is_refused_by_name(self, deployment, copy, key):
        manifest = json.loads((copy / 'vla_manifest.json').read_text())
        manifest[key][2] = 'elbow'
        (copy / 'vla_manifest.json').write_text(json.dumps(manifest))
        with pytest.raises(PolicyMismatchError, match='missing panda_joint3; unknown elbow'):
            make_policy(with_policy(deployment, source=str(copy)), 'cpu')

    def test_temporal_ensembling_is_pointed_to_the_filter(self, deployment, copy):
        config = json.loads((copy / 'config.json').read_text())
        changed = {**config, 'temporal_ensemble_coeff': 0.01, 'n_action_steps': 1}
        (copy / 'config.json').write_text(json.dumps(changed))
        policy = make_policy(with_policy(deployment, source=str(copy)), 'cpu')
        assert 'seam: ensemble, decay 0.01' in policy.notes[0]

    def test_names_that_nobody_recorded_are_believed_and_noted(self, deployment, copy):
        (copy / 'vla_manifest.json').unlink()
        policy = make_policy(with_policy(deployment, source=str(copy)), 'cpu')
        assert [note.split(',')[0] for note in policy.notes] == [
            'observation.state: joint names not recorded',
            'action: joint names not recorded',
        ]

    def test_another_rate_is_refused(self, deployment, copy):
        fast = with_policy(deployment, source=str(copy), rate_hz=30.0)
        with pytest.raises(PolicyError, match='trained at 10 Hz'):
            make_policy(fast, 'cpu')

    @pytest.mark.parametrize(
        ('stem', 'key'),
        [
            ('preprocessor_step_3_normalizer', 'observation.state'),
            ('postprocessor_step_0_unnormalizer', 'action'),
        ],
    )
    def test_statistics_under_another_key_are_refused(self, deployment, copy, stem, key):
        self.rewrite_statistics(copy, stem, lambda name: name.replace(key, 'other'))
        with pytest.raises(PolicyError, match=f'no statistics {key}'):
            make_policy(with_policy(deployment, source=str(copy)), 'cpu')

    def test_statistics_of_another_width_are_refused(self, deployment, copy):
        stem = 'postprocessor_step_0_unnormalizer'
        self.rewrite_statistics(copy, stem, lambda name: name, cut='action.mean')
        with pytest.raises(PolicyError, match='action.mean have width 1; allowed: 8'):
            make_policy(with_policy(deployment, source=str(copy)), 'cpu')

    def test_infinite_statistics_are_refused(self, deployment, copy):
        self.rewrite_statistics(
            copy,
            'preprocessor_step_3_normalizer',
            lambda name: name,
            change=lambda name, value: value / 0 if name == 'observation.state.mean' else value,
        )
        with pytest.raises(PolicyMismatchError, match=r'observation.state.mean are not finite'):
            make_policy(with_policy(deployment, source=str(copy)), 'cpu')

    def test_it_tells_how_long_each_stage_took(self, shipped):
        shipped.infer(self.observation(100))
        assert list(shipped.durations_ns) == ['preprocess', 'model', 'postprocess']
        assert min(shipped.durations_ns.values()) > 0

    def test_a_policy_without_real_time_chunking_says_so(self, shipped):
        with pytest.raises(PolicyError, match="policy type 'act' has no real-time chunking"):
            shipped.prepare_to_continue()

    def test_a_device_that_is_not_there_is_one_sentence(self, deployment, monkeypatch):
        monkeypatch.setattr('torch.cuda.is_available', lambda: False)
        with pytest.raises(PolicyError, match="device 'cuda' is not available"):
            make_policy(deployment, 'cuda')

    def test_the_manifest_names_what_it_was_trained_on(self, checkpoint, deployment):
        manifest = json.loads((checkpoint / 'vla_manifest.json').read_text())
        assert tuple(manifest['action_names']) == deployment.policy.action_names

    def rewrite_statistics(
        self, folder: Path, stem, rename, cut='', change=lambda _, v: v
    ) -> None:
        from safetensors.torch import load_file, save_file

        path = folder / f'policy_{stem}_processor.safetensors'
        values = {rename(name): change(name, value) for name, value in load_file(path).items()}
        save_file({k: v[:1].clone() if k == cut else v for k, v in values.items()}, path)
