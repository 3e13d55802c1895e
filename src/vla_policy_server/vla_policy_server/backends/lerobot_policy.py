"""Any LeRobot checkpoint as a policy: its own processors, the contract's names and images."""

from contextlib import redirect_stdout
import io
from pathlib import Path
from typing import Any

import numpy as np
from vla_contract.contract import RobotContract
from vla_contract.errors import PolicyError
from vla_contract.images import fit_for_policy
from vla_contract.joint_map import JointMap
from vla_contract.lerobot_logging import quiet_lerobot
from vla_contract.share import find_model
from vla_contract.values import ActionChunk, Image, Observation, to_ns
from vla_policy_server.backends.checkpoint import check_features, check_statistics
from vla_policy_server.session import infer_checked

STATE, ACTION = 'observation.state', 'action'


class LeRobotPolicy:
    """Runs a LeRobot policy's `predict_action_chunk` on contract observations."""

    needs_images = True
    needs_extras: tuple[str, ...] = ()

    def __init__(self, contract: RobotContract, policy: Any, preprocess: Any, postprocess: Any):
        """Take a loaded policy with its processors; features must already be checked."""
        names = contract.joint_names
        self._policy = policy
        self._preprocess = preprocess
        self._postprocess = postprocess
        self._cameras = contract.cameras
        self._period_ns = to_ns(1.0 / contract.action.fps)
        self._to_state = JointMap(names, contract.state.names, 'contract joints')
        self._from_action = JointMap(contract.action.names, names, 'contract actions')

    def infer(self, observation: Observation) -> ActionChunk:
        """Return the policy's whole chunk, un-normalised, in the contract's joint order."""
        import torch

        batch: dict[str, Any] = {
            STATE: torch.from_numpy(self._to_state(observation.state).astype(np.float32)),
            'task': observation.instruction,
        }
        for camera in self._cameras:
            pixels = fit_for_policy(observation.images[camera.name], camera)
            batch[camera.feature] = torch.from_numpy(pixels).permute(2, 0, 1).float() / 255.0
        with torch.inference_mode():
            chunk = self._policy.predict_action_chunk(self._preprocess(batch))
            actions = self._postprocess(chunk)[0].float().cpu().numpy()
        positions = self._from_action(actions)
        return ActionChunk(observation.stamp_ns, self._period_ns, positions)

    def reset(self) -> None:
        """Forget queues and ensembles of the running episode."""
        self._policy.reset()


def make_lerobot(contract: RobotContract, policy_path: str, device: str) -> LeRobotPolicy:
    """Load a checkpoint by name under models/, folder or hub id.

    Raises:
        PolicyError: there is no such checkpoint, it is damaged, its features, joint names, rate
            or statistics do not fit the contract, or the device does not exist.
    """
    quiet_lerobot()
    import torch

    source = _resolve(policy_path)
    if device.startswith('cuda') and not torch.cuda.is_available():
        raise PolicyError(f"device '{device}' is not available here; allowed: cpu")
    try:
        from lerobot.configs import PreTrainedConfig
        from lerobot.policies.factory import get_policy_class, make_pre_post_processors

        config = PreTrainedConfig.from_pretrained(source)
        check_features(contract, source, config)
        config.device = device
        policy_class = get_policy_class(config.type)
        with redirect_stdout(io.StringIO()):  # it prints 'Loading weights' in the middle of ours
            policy = policy_class.from_pretrained(source, config=config, strict=True)
        overrides = {'device_processor': {'device': device}}
        preprocess, postprocess = make_pre_post_processors(
            config, pretrained_path=source, preprocessor_overrides=overrides
        )
    except PolicyError:
        raise
    except Exception as error:
        text = ' '.join(str(error).split())[:300]
        raise PolicyError(f"checkpoint '{source}' cannot be loaded: {text}") from error
    check_statistics(contract, source, preprocess, postprocess)
    loaded = LeRobotPolicy(contract, policy.to(device).eval(), preprocess, postprocess)
    _warm_up(loaded, contract, source)
    return loaded


def _warm_up(policy: LeRobotPolicy, contract: RobotContract, source: str) -> None:
    """Infer twice on a grey image: a cold start belongs here, and so does a policy that fails.

    Raises:
        PolicyError: the policy cannot answer an observation of the contract.
    """
    grey: dict[str, Image] = {
        c.name: np.full((c.height, c.width, 3), 128, np.uint8) for c in contract.cameras
    }
    for _ in range(2):
        chunk = infer_checked(policy, Observation(0, contract.home, grey, 'warm up'))
        if isinstance(chunk, str):
            raise PolicyError(f"checkpoint '{source}' cannot be used: {chunk}")
    policy.reset()


def _resolve(policy_path: str) -> str:
    """Return a folder or a hub id; a path that does not exist is refused before any download."""
    shipped = find_model(policy_path)
    if shipped is not None:
        return str(shipped)
    folder = Path(policy_path).expanduser()
    if folder.is_dir():
        if not (folder / 'config.json').is_file():
            raise PolicyError(
                f"'{folder}' is not a LeRobot checkpoint: it has no config.json "
                '(give the folder pretrained_model)'
            )
        return str(folder)
    if policy_path.count('/') != 1 or policy_path.startswith(('.', '/', '~')):
        raise PolicyError(
            f"checkpoint '{policy_path}' not found: neither a name under models/, nor a folder, "
            'nor a hub id (user/name)'
        )
    return policy_path
