"""The shipped policy as if it had been trained in degrees, with the gripper in percent."""

import json
from pathlib import Path
import shutil

import numpy as np
from safetensors.numpy import load_file, save_file
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.deployment.policy_file import FILE_NAME
from vla_contract.share import find_model
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.compatibility import vector_meaning

ARM = [f'panda_joint{k}' for k in range(1, 8)]
GRIPPER = 'robotiq_85_left_knuckle_joint'
VECTOR = (
    f'  - {{joints: [{", ".join(ARM)}], unit: deg}}\n'
    f'  - {{joints: [{GRIPPER}], map: {{open: 0, closed: 100}}}}\n'
)


def in_degrees(folder: Path) -> Deployment:
    """Copy the shipped policy into a folder, its statistics and its file in other units."""
    found = find_model('panda_lift_act')
    assert found is not None
    shutil.copytree(found, folder)
    head, _, rest = (folder / FILE_NAME).read_text().partition('state:\n')
    cameras = rest[rest.index('cameras:') :]
    (folder / FILE_NAME).write_text(f'{head}state:\n{VECTOR}action:\n{VECTOR}{cameras}')
    deployment = load_deployment(policy=str(folder))
    codec = VectorCodec(deployment)
    for path in folder.glob('policy_*processor*.safetensors'):
        stats = load_file(path)
        for key, scale in (('observation.state', codec.state), ('action', codec.action)):
            for name, value in stats.items():
                if name == f'{key}.std':
                    stats[name] = (value / scale.sizes).astype(np.float32)
                elif name.startswith(f'{key}.') and value.size == scale.width:
                    stats[name] = scale.encode(value).astype(np.float32)
        save_file(stats, path)
    manifest = json.loads((folder / 'vla_manifest.json').read_text())
    (folder / 'vla_manifest.json').write_text(json.dumps(manifest | vector_meaning(deployment)))
    return deployment
