"""Any LeRobot checkpoint as a policy: its own processors, the contract's names and images."""

from collections.abc import Sequence
from contextlib import redirect_stdout
import io
from pathlib import Path
from typing import Any

import numpy as np
from vla_contract.contract import RobotContract
from vla_contract.errors import PolicyError, VlaError
from vla_contract.images import fit_for_policy
from vla_contract.instruction_embedding import ENVIRONMENT_STATE, InstructionEncoder
from vla_contract.joint_map import JointMap
from vla_contract.lerobot_logging import quiet_lerobot
from vla_contract.share import find_model
from vla_contract.values import ActionChunk, Image, Observation, to_ns
from vla_policy_server.backends.checkpoint import check_features, check_statistics
from vla_policy_server.backends.instruction_embedding import load_instruction_encoder
from vla_policy_server.precision.evidence import AUTO, best_precision, REFERENCE
from vla_policy_server.precision.graph_folder import graph_folder
from vla_policy_server.precision.predictor import Batch, ChunkPredictor, Network
from vla_policy_server.precision.registry import make_predictor
from vla_policy_server.session import infer_checked

STATE, ACTION = 'observation.state', 'action'


class LeRobotPolicy:
    """Runs a LeRobot policy's `predict_action_chunk` on contract observations.

    Attributes:
        predictor: the network, as trained or in another precision.
    """

    needs_images = True
    needs_extras: tuple[str, ...] = ()

    def __init__(
        self,
        contract: RobotContract,
        predictor: ChunkPredictor,
        preprocess: Any,
        postprocess: Any,
        encoder: InstructionEncoder | None = None,
    ) -> None:
        """Take a loaded network with its processors; features must already be checked.

        Args:
            contract: names, cameras and rate.
            predictor: the network.
            preprocess: LeRobot's pipeline from observation to network.
            postprocess: LeRobot's pipeline from network to actions.
            encoder: of a policy that is told its instruction as an embedding.
        """
        names = contract.joint_names
        self.predictor = predictor
        self._preprocess = preprocess
        self._postprocess = postprocess
        self._encoder = encoder
        self._cameras = contract.cameras
        self._period_ns = to_ns(1.0 / contract.action.fps)
        self._to_state = JointMap(names, contract.state.names, 'contract joints')
        self._from_action = JointMap(contract.action.names, names, 'contract actions')

    def prepare(self, observation: Observation) -> Batch:
        """Return what the network sees of an observation: resized, named and normalised."""
        import torch

        batch: Batch = {
            STATE: torch.from_numpy(self._to_state(observation.state).astype(np.float32)),
            'task': observation.instruction,
        }
        if self._encoder is not None:
            batch[ENVIRONMENT_STATE] = torch.from_numpy(
                self._encoder.embed(observation.instruction)
            )
        for camera in self._cameras:
            pixels = fit_for_policy(observation.images[camera.name], camera)
            batch[camera.feature] = torch.from_numpy(pixels).permute(2, 0, 1).float() / 255.0
        prepared: Batch = self._preprocess(batch)
        return prepared

    def infer(self, observation: Observation) -> ActionChunk:
        """Return the policy's whole chunk, un-normalised, in the contract's joint order."""
        import torch

        with torch.inference_mode():
            chunk = self.predictor.predict_action_chunk(self.prepare(observation))
            actions = self._postprocess(chunk)[0].float().cpu().numpy()
        positions = self._from_action(actions)
        return ActionChunk(observation.stamp_ns, self._period_ns, positions)

    def reset(self) -> None:
        """Forget queues and ensembles of the running episode."""
        self.predictor.reset()


def make_lerobot(
    contract: RobotContract,
    policy_path: str,
    device: str,
    precision: str = REFERENCE,
    calibration: Sequence[Observation] = (),
) -> LeRobotPolicy:
    """Load a checkpoint by name under models/, folder or hub id.

    Args:
        contract: the robot it must fit.
        policy_path: where it is.
        device: torch device.
        precision: a name of `PRECISIONS`, or 'auto' for what `benchmark` found best here.
        calibration: real observations, needed once to make a graph with INT8 in it.

    Raises:
        PolicyError: there is no such checkpoint, it is damaged, its features, joint names, rate
            or statistics do not fit the contract, or the device does not exist.
        VlaError: the instruction encoder it was trained with is not there.
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
        encoder = load_instruction_encoder(source, config)
        check_features(contract, source, config, encoder.size if encoder else 0)
        config.device = device
        policy_class = get_policy_class(config.type)
        with redirect_stdout(io.StringIO()):  # it prints 'Loading weights' in the middle of ours
            policy = policy_class.from_pretrained(source, config=config, strict=True)
        overrides = {'device_processor': {'device': device}}
        preprocess, postprocess = make_pre_post_processors(
            config, pretrained_path=source, preprocessor_overrides=overrides
        )
    except VlaError:
        raise
    except Exception as error:
        text = ' '.join(str(error).split())[:300]
        raise PolicyError(f"checkpoint '{source}' cannot be loaded: {text}") from error
    check_statistics(contract, source, preprocess, postprocess)
    loaded = LeRobotPolicy(contract, policy.to(device).eval(), preprocess, postprocess, encoder)
    grey = _grey_observation(contract)
    if precision != REFERENCE:
        _change_precision(loaded, precision, device, [grey, *calibration])
    _warm_up(loaded, grey, source)
    return loaded


def _change_precision(
    loaded: LeRobotPolicy, precision: str, device: str, observations: Sequence[Observation]
) -> None:
    """Put another network in the place of the one as trained; the first observation is traced.

    Raises:
        PolicyError: the method cannot run here.
    """
    folder = graph_folder(loaded.predictor)
    if precision == AUTO:
        precision = best_precision(folder, device)
    example, *calibration = [loaded.prepare(observation) for observation in observations]
    network = Network(loaded.predictor, example, device, folder, calibration)
    loaded.predictor = make_predictor(precision, network)


def _grey_observation(contract: RobotContract) -> Observation:
    grey: dict[str, Image] = {
        c.name: np.full((c.height, c.width, 3), 128, np.uint8) for c in contract.cameras
    }
    return Observation(0, contract.home, grey, 'warm up')


def _warm_up(policy: LeRobotPolicy, observation: Observation, source: str) -> None:
    """Infer twice: a cold start belongs here, and so does a policy that fails.

    Raises:
        PolicyError: the policy cannot answer an observation of the contract.
    """
    for _ in range(2):
        chunk = infer_checked(policy, observation)
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
