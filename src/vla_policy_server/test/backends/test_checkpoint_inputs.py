"""A checkpoint whose inputs have other names or sizes than the policy file gives."""

import json
from pathlib import Path
import shutil

import numpy as np
from policy_changes import with_policy
import pytest
from safetensors.torch import load_file, save_file
from vla_contract.errors import PolicyMismatchError
from vla_contract.share import find_model
from vla_contract.values import Observation
from vla_policy_server.backends.registry import make_policy

TOP, CAMERA1 = 'observation.images.top', 'observation.images.camera1'


def renamed_copy(folder: Path, renames: dict[str, str]) -> Path:
    """Copy the shipped checkpoint as one that was trained on camera1."""
    shipped = find_model('panda_lift_act')
    assert shipped is not None
    copy = Path(shutil.copytree(shipped, folder / 'renamed'))
    for name in ('config.json', 'policy_preprocessor.json', 'policy_postprocessor.json'):
        text = (copy / name).read_text().replace(TOP, CAMERA1)
        pipeline = json.loads(text)
        for step in pipeline.get('steps', []):
            if step['registry_name'] == 'rename_observations_processor':
                step['config']['rename_map'] = renames
        (copy / name).write_text(json.dumps(pipeline))
    for path in copy.glob('policy_*normalizer_processor.safetensors'):
        tensors = load_file(path)
        save_file({key.replace(TOP, CAMERA1): value for key, value in tensors.items()}, path)
    return copy


def test_a_renaming_checkpoint_answers_as_the_one_without(deployment, tmp_path):
    source = str(renamed_copy(tmp_path, {TOP: CAMERA1}))
    policy = make_policy(with_policy(deployment, source=source), 'cpu')
    assert policy.notes == (f'{TOP}: renamed to {CAMERA1} by the checkpoint',)
    image = np.random.default_rng(0).integers(0, 256, (384, 384, 3), np.uint8)
    seen = Observation(0, deployment.cell.home, {'top': image}, 'lift the cube')
    plain = make_policy(deployment, 'cpu')
    assert np.array_equal(policy.infer(seen).positions, plain.infer(seen).positions)


def test_one_that_does_not_rename_says_how_to_add_the_camera(deployment, tmp_path):
    source = str(renamed_copy(tmp_path, {}))
    with pytest.raises(PolicyMismatchError, match=f'it looks at {CAMERA1}: add '):
        make_policy(with_policy(deployment, source=source), 'cpu')
