"""Any LeRobot checkpoint as a policy: its own processors, the deployment's names and images."""

from collections.abc import Mapping, Sequence
import time
from typing import Any

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError, PolicyMismatchError
from vla_contract.observation_history import look_back
from vla_contract.values import ActionChunk, Image, Observation, to_ns
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.checkpoints.checkpoint import Checkpoint, load_checkpoint
from vla_lerobot.features import ACTION, FeatureEncoder, STATE
from vla_lerobot.instruction_embedding import ENVIRONMENT_STATE
from vla_policy_server.backends.continuation import Continuation, supports_continuation
from vla_policy_server.backends.step_predictor import EARLIER, is_asked_by_steps, StepPredictor
from vla_policy_server.precision.evidence import AUTO, best_precision, REFERENCE
from vla_policy_server.precision.graph_folder import graph_folder
from vla_policy_server.precision.predictor import Batch, ChunkPredictor, Network
from vla_policy_server.precision.registry import make_predictor
from vla_policy_server.serving.session import infer_checked

# Methods that leave a network with its `select_action`.
_IN_PLACE = (REFERENCE, 'bf16', 'fp16', 'int8', 'nf4')


class LeRobotPolicy:
    """Runs a LeRobot policy on observations of a cell.

    Attributes:
        earlier_steps: how many observations before the newest the policy looks at.
        checkpoint: what was loaded.
        predictor: the network, as trained or in another precision.
        precision: its name.
        durations_ns: time the last inference took, by stage [ns].
    """

    needs_images = True
    needs_extras: tuple[str, ...] = ()

    def __init__(self, deployment: Deployment, checkpoint: Checkpoint) -> None:
        """Take a loaded checkpoint that fits the deployment.

        Raises:
            PolicyError: policies of its type cannot be asked.
        """
        names = checkpoint.names
        self.checkpoint = checkpoint
        self.predictor: ChunkPredictor = checkpoint.network
        self.earlier_steps = 0
        if is_asked_by_steps(checkpoint.network):
            self.predictor = stepped = StepPredictor(checkpoint.network)
            self.earlier_steps = stepped.earlier_steps
        self.precision = REFERENCE
        self.durations_ns: Mapping[str, int] = {}
        self._continuation: Continuation | None = None
        self._period_ns = to_ns(1.0 / deployment.policy.rate_hz)
        self._encode = FeatureEncoder(deployment, names.state)
        self._codec = VectorCodec(deployment, names.state, names.action)
        self._kind = deployment.policy.action_kind

    @property
    def notes(self) -> tuple[str, ...]:
        """What was mapped on loading, what had to be believed, and another precision."""
        how = () if self.precision == REFERENCE else (f'precision: {self.precision}',)
        return (*self.checkpoint.notes, *how)

    @property
    def takes_instruction(self) -> bool:
        """Whether the policy is told the task."""
        return self.checkpoint.takes_instruction

    @property
    def can_continue(self) -> bool:
        """Whether `prepare_to_continue` works."""
        return not self._codec.has_moves and supports_continuation(self.predictor)

    def prepare(self, observation: Observation) -> Batch:
        """Return what the network sees of an observation: resized, named and normalised.

        What it sees of those before stands beside it, where the policy looks back.
        """
        *earlier, batch = map(self._prepare_one, look_back(observation, self.earlier_steps))
        return {**batch, EARLIER: earlier} if earlier else batch

    def _prepare_one(self, observation: Observation) -> Batch:
        import torch

        batch: Batch = {'task': observation.instruction}
        for key, values in self._encode(observation).items():
            tensor = torch.from_numpy(values)
            batch[key] = tensor if key == STATE else tensor.permute(2, 0, 1).float() / 255.0
        if self.checkpoint.encoder is not None:
            embedding = self.checkpoint.encoder.embed(observation.instruction)
            batch[ENVIRONMENT_STATE] = torch.from_numpy(embedding)
        if observation.committed is not None:
            # The pipeline treats it as it treated the actions of the training data.
            rest = self._codec.encode_actions(observation.committed.positions, observation.state)
            batch[ACTION] = torch.from_numpy(rest.astype(np.float32))[None]
        prepared: Batch = self.checkpoint.preprocess(batch)
        return prepared

    def infer(self, observation: Observation) -> ActionChunk:
        """Return the policy's whole chunk, un-normalised, in the cell's joint order."""
        import torch

        if observation.committed is not None and self._continuation is None:
            self.prepare_to_continue()  # of a worker, whose robots decide
        # LeRobot's guidance takes a gradient, which inference_mode forbids.
        without_gradients = torch.no_grad if self._continuation else torch.inference_mode
        times = [time.monotonic_ns()]
        with without_gradients():
            batch = self.prepare(observation)
            guidance = self._guidance(batch.pop(ACTION, None), observation)
            times.append(time.monotonic_ns())
            chunk = self.predictor.predict_action_chunk(batch, **guidance)
            if chunk.is_cuda:
                torch.cuda.synchronize(chunk.device)
            times.append(time.monotonic_ns())
            [answer] = self.complete(chunk, [observation])
        times.append(time.monotonic_ns())
        stages = zip(('preprocess', 'model', 'postprocess'), np.diff(times), strict=True)
        self.durations_ns = {stage: int(duration) for stage, duration in stages}
        return answer

    def complete(self, chunks: Any, observations: Sequence[Observation]) -> list[ActionChunk]:
        """Return what the network answered to observations as chunks of the cell.

        Args:
            chunks: tensor of normalised actions, shape (B, T, A).
            observations: what it saw, B of them.
        """
        actions = self.checkpoint.postprocess(chunks).float().cpu().numpy()
        return [
            # Numbers that are not finite fail their own robot, not all of a batch: `check_chunk`.
            ActionChunk(
                observation.stamp_ns,
                self._period_ns,
                self._codec.decode(rows, observation.state, is_checked=False),
            )
            for observation, rows in zip(observations, actions, strict=True)
        ]

    def prepare_to_continue(self) -> None:
        """Switch real-time chunking on.

        Raises:
            PolicyError: this type of policy, or its precision, has none, or its actions follow
                one another, so that a plan in the middle cannot be said in them.
        """
        if self._codec.has_moves:
            raise PolicyError(
                f'mode rtc: actions are of kind {self._kind}; allowed with it: positions'
            )
        self._continuation = Continuation(self.predictor)

    def reset(self) -> None:
        """Forget queues and ensembles of the running episode."""
        self.predictor.reset()
        self.checkpoint.preprocess.reset()
        self.checkpoint.postprocess.reset()

    def _guidance(self, rest: Any, observation: Observation) -> dict[str, Any]:
        if self._continuation is None or observation.committed is None:
            return {}
        return self._continuation.arguments(rest, observation.committed.delay_steps)


def make_lerobot(
    deployment: Deployment,
    device: str,
    precision: str = REFERENCE,
    calibration: Sequence[Observation] = (),
) -> LeRobotPolicy:
    """Load the checkpoint that is the source of a deployment's policy, and warm it up.

    Args:
        deployment: what it must fit.
        device: torch device.
        precision: a name of `PRECISIONS`, or 'auto' for what `benchmark` found best here.
        calibration: real observations, needed once to make a graph with INT8 in it.

    Raises:
        VlaError: as `load_checkpoint`; or the precision cannot run here.
        PolicyMismatchError: the policy cannot answer an observation of the cell.
    """
    loaded = LeRobotPolicy(deployment, load_checkpoint(deployment, device))
    grey = _grey_observation(deployment)
    if precision != REFERENCE:
        _change_precision(loaded, precision, device, [grey, *calibration])
    _warm_up(loaded, grey)
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
    is_asked_by_steps = isinstance(loaded.predictor, StepPredictor)
    if is_asked_by_steps and precision not in _IN_PLACE:
        kind = loaded.checkpoint.network.config.type
        raise PolicyError(
            f"precision '{precision}' cannot be used: policy type '{kind}' is asked step by "
            f'step; allowed: {", ".join(_IN_PLACE)}'
        )
    example, *calibration = [loaded.prepare(observation) for observation in observations]
    network = Network(loaded.checkpoint.network, example, device, folder, calibration)
    predictor = make_predictor(precision, network)
    if not is_asked_by_steps:
        loaded.predictor = predictor
    loaded.precision = precision


def _grey_observation(deployment: Deployment) -> Observation:
    cell = deployment.cell
    cameras = [cell.camera(seen.camera) for seen in deployment.policy.cameras]
    grey: dict[str, Image] = {
        c.name: np.full((c.height, c.width, 3), 128, np.uint8) for c in cameras
    }
    return Observation(0, cell.home, grey, 'warm up')


def _warm_up(policy: LeRobotPolicy, observation: Observation) -> None:
    """Infer twice: a cold start belongs here, and so does a policy that fails."""
    for _ in range(2):
        chunk = infer_checked(policy, observation)
        if isinstance(chunk, str):
            source = policy.checkpoint.source
            raise PolicyMismatchError(f"checkpoint '{source}' cannot be used: {chunk}")
    policy.reset()
