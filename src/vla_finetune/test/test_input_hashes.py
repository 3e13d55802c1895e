from pathlib import Path
import shutil

from finetune_samples import damage, record, rename
import pytest
from vla_contract.errors import ResourceNotFoundError
from vla_finetune.finetune_settings import FinetuneSettings
from vla_finetune.input_hashes import input_hashes, OtherInputsError, require_same_inputs
from vla_lerobot.features import ACTION, STATE


@pytest.fixture(scope='module')
def real(tmp_path_factory):
    return record(tmp_path_factory.mktemp('data') / 'real')


@pytest.fixture
def copy(real, tmp_path):
    return Path(shutil.copytree(real, tmp_path / 'copy'))


def settings(real, **changes):
    return FinetuneSettings(policy='panda_lift_act', real=str(real), **changes)


def test_the_same_data_at_another_place_is_the_same(real, copy):
    assert input_hashes(settings(real)) == input_hashes(settings(copy))
    moved = settings(copy, memory_gb=0.5, threads=1, loaders=0)
    require_same_inputs(Path('run'), input_hashes(settings(real)), input_hashes(moved))


DAMAGES = [
    (lambda root: damage(root, STATE, 3, [0.0] * 8), 'frames of --real'),
    (lambda root: damage(root, 'observation.images.top', 3, None), 'frames of --real'),
    (lambda root: rename(root, lambda names: names[::-1]), 'features of --real'),
    (lambda root: (root / 'meta' / 'stats.json').unlink(), 'statistics of --real'),
    (lambda root: (root / 'meta' / 'vla_episodes.json').write_text('{}'), 'episodes of --real'),
]


@pytest.mark.parametrize(('change', 'named'), DAMAGES)
def test_what_differs_is_named(change, named, real, copy):
    change(copy)
    with pytest.raises(OtherInputsError, match=f'run: --resume: found other {named} than it was'):
        require_same_inputs(
            Path('run'), input_hashes(settings(real)), input_hashes(settings(copy))
        )


def test_other_weights_and_other_settings_are_named(real, tmp_path):
    from vla_contract.share import find_model

    policy = Path(shutil.copytree(find_model('panda_lift_act'), tmp_path / 'policy'))
    began = input_hashes(settings(real, steps=10))
    own = FinetuneSettings(policy=str(policy), real=str(real), steps=10)
    require_same_inputs(Path('run'), began, input_hashes(own))
    with (policy / 'model.safetensors').open('ab') as file:
        file.write(b'\0')
    with pytest.raises(OtherInputsError, match='found other weights of checkpoint than'):
        require_same_inputs(Path('run'), began, input_hashes(own))
    longer = input_hashes(settings(real, steps=20))
    with pytest.raises(OtherInputsError, match='found other values of settings than'):
        require_same_inputs(Path('run'), began, longer)


def test_a_dataset_that_is_gone_is_named(tmp_path):
    with pytest.raises(ResourceNotFoundError, match='gone; give the folder of a LeRobotDataset'):
        input_hashes(settings(tmp_path / 'gone'))


def test_an_action_that_is_not_there_any_more_changes_the_frames(real, copy):
    damage(copy, ACTION, 0, [1.0] * 8)
    before, after = (input_hashes(settings(root))['--real'] for root in (real, copy))
    assert {part for part in before if before[part] != after[part]} == {'frames'}
