from dataclasses import replace
import json
from types import SimpleNamespace

from lerobot.configs import FeatureType, PolicyFeature
from lerobot.policies.act.configuration_act import ACTConfig
from lerobot.policies.diffusion.configuration_diffusion import DiffusionConfig
from lerobot.policies.pi0.configuration_pi0 import PI0Config
from lerobot.policies.smolvla.configuration_smolvla import SmolVLAConfig
import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.deployment.policy_file import BlackImage
from vla_contract.errors import PolicyMismatchError
from vla_lerobot.checkpoints.checks import check_features, check_statistics
from vla_lerobot.checkpoints.inputs import rename_map

DEPLOYMENT = load_deployment()
TOP, STATE = 'observation.images.top', 'observation.state'
CAMERA = 'observation.images.camera{}'.format
TO_CAMERA1 = {TOP: CAMERA(1)}


def config(kind, images: dict[str, tuple[int, int]], state: int = 8, **options):
    """Return LeRobot's configuration of a policy with these images (height, width) and state."""
    inputs = {key: PolicyFeature(FeatureType.VISUAL, (3, *size)) for key, size in images.items()}
    inputs[STATE] = PolicyFeature(FeatureType.STATE, (state,))
    outputs = {'action': PolicyFeature(FeatureType.ACTION, (8,))}
    made = kind(input_features=inputs, output_features=outputs, device='cpu', **options)
    made.validate_features()
    return made


def fit(made, renames=None, deployment=DEPLOYMENT):
    return check_features(deployment, 'mine', made, 0, renames)


def base_of(kind, **options):
    """Return a fine-tune that keeps the input features of its base model."""
    return config(kind, {CAMERA(n): (256, 256) for n in (1, 2, 3)}, state=6, **options)


def test_the_same_inputs_fit_without_a_word():
    fitting = fit(config(ACTConfig, {TOP: (96, 96)}))
    assert fitting.notes == ()
    assert fitting.widths == {STATE: 8, TOP: 3}


def test_names_are_compared_as_the_checkpoint_renames_them():
    fitting = fit(config(ACTConfig, {CAMERA(1): (96, 96)}), TO_CAMERA1)
    assert fitting.notes == (f'{TOP}: renamed to {CAMERA(1)} by the checkpoint',)
    assert fitting.widths == {STATE: 8, CAMERA(1): 3}
    with pytest.raises(PolicyMismatchError, match=rf'it looks at {CAMERA(1)}'):
        fit(config(ACTConfig, {CAMERA(1): (96, 96)}))


def test_two_cameras_renamed_to_one_are_refused():
    [camera] = DEPLOYMENT.policy.cameras
    both = (camera, replace(camera, feature=CAMERA(1)))
    other = replace(DEPLOYMENT, policy=replace(DEPLOYMENT.policy, cameras=both))
    with pytest.raises(PolicyMismatchError, match=f'found two inputs .* {TOP} and {CAMERA(1)}'):
        fit(config(ACTConfig, {CAMERA(1): (96, 96)}), TO_CAMERA1, other)


def test_the_rename_map_is_read_out_of_the_preprocessor(tmp_path):
    assert rename_map(tmp_path) == {}
    renames = ({TOP: 'a', 'b': 'c'}, {'a': 'd', 'e': 'f'})
    name = 'rename_observations_processor'
    steps = [{'registry_name': name, 'config': {'rename_map': each}} for each in renames]
    steps.insert(1, {'registry_name': 'to_batch_processor', 'config': {}})
    (tmp_path / 'policy_preprocessor.json').write_text(json.dumps({'steps': steps}))
    assert rename_map(tmp_path) == {TOP: 'd', 'b': 'c', 'e': 'f'}
    # LeRobot's own steps, one after the other, are the judge.
    from lerobot.processor.rename_processor import RenameObservationsProcessorStep

    seen = {TOP: 1, 'b': 2, 'e': 3}
    for each in renames:
        seen = RenameObservationsProcessorStep(each).observation(seen)
    assert seen == {
        rename_map(tmp_path)[key]: value for key, value in ((TOP, 1), ('b', 2), ('e', 3))
    }


@pytest.mark.parametrize('kind', [SmolVLAConfig, PI0Config])
def test_empty_cameras_are_left_to_lerobot(kind):
    made = config(kind, {TOP: (96, 96)}, empty_cameras=2)
    assert 'observation.images.empty_camera_1' in made.input_features
    assert fit(made).notes == ()


def test_an_empty_camera_beyond_those_of_the_configuration_is_a_camera():
    name = 'observation.images.empty_camera_0'
    with pytest.raises(PolicyMismatchError, match=f'it looks at {name}'):
        fit(config(ACTConfig, {TOP: (96, 96), name: (96, 96)}))


@pytest.mark.parametrize('kind', [SmolVLAConfig, PI0Config])
def test_inputs_of_the_base_model_are_notes_where_lerobot_copes(kind):
    made = base_of(kind)
    notes = fit(made, TO_CAMERA1).notes
    assert notes == (
        f'{TOP}: renamed to {CAMERA(1)} by the checkpoint',
        f'{STATE}: found [8] in the policy file, [6] in the checkpoint; {made.type} pads it to 32',
        f'{CAMERA(1)}: found [3, 96, 96] in the policy file, [3, 256, 256] in the checkpoint; '
        f'{made.type} fits images to its own size',
        *(
            f'{CAMERA(n)}: the policy file gives no camera; {made.type} goes on without it'
            for n in (2, 3)
        ),
    )


def test_no_type_goes_on_without_any_camera():
    blind = replace(DEPLOYMENT, policy=replace(DEPLOYMENT.policy, cameras=()))
    with pytest.raises(PolicyMismatchError, match=f'it looks at {CAMERA(1)}'):
        fit(base_of(SmolVLAConfig), deployment=blind)


def test_a_missing_camera_is_named_with_how_to_add_it():
    made = config(ACTConfig, {TOP: (96, 96), CAMERA(2): (96, 128)})
    with pytest.raises(PolicyMismatchError) as error:
        fit(made)
    said = str(error.value)
    assert said.startswith('mine: inputs do not fit the policy file: the checkpoint has ')
    assert (
        f'it looks at {CAMERA(2)}: add {{camera: NAME, feature: {CAMERA(2)}, width: 128, '
        'height: 96, resize: crop} to cameras of the policy file, NAME one of top, or '
    ) in said
    black = (BlackImage(CAMERA(2), 128, 96),)
    with_black = replace(DEPLOYMENT, policy=replace(DEPLOYMENT.policy, black_images=black))
    assert fit(made, deployment=with_black).notes == ()


def test_a_camera_that_nobody_looks_at_is_refused_whatever_the_type():
    with pytest.raises(PolicyMismatchError, match=f'it does not look at {TOP}'):
        fit(base_of(SmolVLAConfig))


def test_another_size_is_refused_where_the_network_takes_images_as_they_are():
    with pytest.raises(PolicyMismatchError, match=r'\[3, 96, 96\] in the policy file, \[3, 480,'):
        fit(config(ACTConfig, {TOP: (480, 640)}))
    with pytest.raises(PolicyMismatchError, match=r'\[3, 96, 96\] in the policy file'):
        fit(config(SmolVLAConfig, {TOP: (480, 640)}, resize_imgs_with_padding=None))


def test_a_diffusion_policy_that_resizes_takes_any_size():
    [note] = fit(config(DiffusionConfig, {TOP: (480, 640)}, resize_shape=(96, 96))).notes
    assert note.endswith('diffusion fits images to its own size')


@pytest.mark.parametrize('state', [6, 32])
def test_another_width_of_the_state_is_refused_where_nothing_pads_it(state):
    with pytest.raises(PolicyMismatchError, match=rf'{STATE}: found \[8\].*\[{state}\]'):
        fit(config(ACTConfig, {TOP: (96, 96)}, state=state))
    assert len(fit(config(PI0Config, {TOP: (224, 224)}, state=state)).notes) == 2


def test_more_numbers_than_a_type_pads_to_are_refused():
    with pytest.raises(PolicyMismatchError, match=rf'{STATE}: found \[8\]'):
        fit(config(PI0Config, {TOP: (96, 96)}, state=6, max_state_dim=7))


def test_a_checkpoint_that_does_not_look_at_the_joints_is_noted():
    made = config(ACTConfig, {TOP: (96, 96)})
    del made.input_features[STATE]
    assert fit(made).notes == (f'{STATE}: this act policy does not look at it',)


def test_actions_of_another_width_are_refused():
    made = config(PI0Config, {TOP: (96, 96)})
    made.output_features['action'] = PolicyFeature(FeatureType.ACTION, (32,))
    with pytest.raises(PolicyMismatchError, match=r'outputs do not fit .* action \[32\]; .*\[8\]'):
        fit(made)


def normaliser(widths: dict[str, int], statistics: dict[str, int]):
    """Return a pipeline whose step says widths of its own beside its statistics."""
    features = {
        key: SimpleNamespace(type='STATE', shape=(width,)) for key, width in widths.items()
    }
    stats = {
        key: {'mean': np.zeros(width), 'std': np.ones(width)} for key, width in statistics.items()
    }
    norm_map = {'STATE': SimpleNamespace(name='MEAN_STD')}
    step = SimpleNamespace(features=features, norm_map=norm_map, stats=stats)
    return SimpleNamespace(steps=[step])


def test_statistics_are_judged_by_what_the_policy_will_be_given():
    after = normaliser({'action': 8}, {'action': 8})
    before = normaliser({STATE: 6, CAMERA(2): 3}, {STATE: 8})
    check_statistics('mine', before, after, {STATE: 8, CAMERA(1): 3})
    with pytest.raises(PolicyMismatchError, match='have width 8; allowed: 6'):
        check_statistics('mine', before, after)
    with pytest.raises(PolicyMismatchError, match='have width 8; allowed: 7'):
        check_statistics('mine', before, after, {STATE: 7})
    with pytest.raises(PolicyMismatchError, match=f'no statistics {CAMERA(2)}.mean'):
        check_statistics('mine', before, after, {STATE: 8, CAMERA(2): 3})
