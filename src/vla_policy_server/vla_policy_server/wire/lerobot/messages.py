"""What a robot sends LeRobot's server: which policy to load, and observations, as it pickles them.

Pickles are written from their parts, with LeRobot's classes by name: importing those imports
every policy, and takes the root logger.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import pickle
from typing import Any

from numpy.typing import NDArray
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_contract.schema import setting
from vla_contract.values import Observation
from vla_lerobot.features import dataset_features, FeatureEncoder, STATE, vector_feature

POLICY_TYPES = ('act', 'smolvla', 'pi0', 'pi05', 'groot')
"""Types that LeRobot's server has and that look at one observation, as it keeps no others."""

_HELPERS = 'lerobot.async_inference.helpers'
_IMAGES = 'observation.images.'
_PROTOCOL = 3  # the newest whose operations do not depend on where they stand
_HEADER, _STOP = pickle.dumps(None, _PROTOCOL)[:2], b'.'


@dataclass(frozen=True)
class ServedCheckpoint:
    """What LeRobot's server is told to load, by the names of its robot_client."""

    policy_type: str = setting(doc="LeRobot's name of the type", choices=POLICY_TYPES)
    pretrained_name_or_path: str = setting(
        doc='checkpoint as the server finds it: hub id, or a folder on its machine'
    )
    policy_device: str = setting('cuda', doc='torch device of the server')
    actions_per_chunk: int = setting(
        50, doc='steps of an answer, of longer chunks the first', lower=1, upper=1000
    )


def write_instructions(served: ServedCheckpoint, features: Mapping[str, Any]) -> bytes:
    """Return a pickled RemotePolicyConfig.

    Args:
        served: what to load.
        features: of `observation_features`.
    """
    state = {
        'policy_type': served.policy_type,
        'pretrained_name_or_path': served.pretrained_name_or_path,
        'lerobot_features': dict(features),
        'actions_per_chunk': served.actions_per_chunk,
        'device': served.policy_device,
        'rename_map': {},
    }
    return _pickled('RemotePolicyConfig', state)


def observation_features(deployment: Deployment) -> dict[str, Any]:
    """Return how the server makes its policy's inputs of an observation, in LeRobot's format.

    Raises:
        PolicyError: the policy has images that the protocol has no names for.
    """
    described = dataset_features(deployment)
    # Cameras stand beside the numbers, under names that must not be theirs.
    names = [f'{STATE}.{name}' for name in described[STATE]['names']]
    found = {STATE: vector_feature(names)}
    for feature in deployment.policy.image_sizes:
        if not feature.startswith(_IMAGES) or feature == _IMAGES:
            raise PolicyError(
                f"image '{feature}' of policy {deployment.policy.name} has no name that LeRobot's "
                f'server takes; allowed: {_IMAGES}NAME'
            )
        found[feature] = described[feature]
    return found


class LeRobotWriter:
    """Writes observations for one server."""

    def __init__(self, deployment: Deployment) -> None:
        """Prepare for a policy.

        Raises:
            PolicyError: it has images that the protocol has no names for.
        """
        self.features = observation_features(deployment)
        self._encode = FeatureEncoder(deployment)

    def write(self, observation: Observation, step: int, stamp_s: float) -> bytes:
        """Return a pickled TimedObservation.

        Args:
            observation: what the robot sees.
            step: number that the answer repeats.
            stamp_s: time that the answer repeats [s].
        """
        seen: dict[str, NDArray[Any] | float | str] = {'task': observation.instruction}
        for key, values in self._encode(observation).items():
            if key == STATE:
                seen |= dict(zip(self.features[STATE]['names'], values.tolist(), strict=True))
            else:
                seen[key.removeprefix(_IMAGES)] = values
        # Without it the server takes an observation whose joints are near the last one's for
        # nothing new, and does not answer: within 1 in the policy's units, be they degrees or rad.
        state = {'timestamp': stamp_s, 'timestep': step, 'observation': seen, 'must_go': True}
        return _pickled('TimedObservation', state)


def _pickled(name: str, state: dict[str, Any]) -> bytes:
    """Return the pickle of an object of LeRobot: its class, called with nothing, and its state."""
    content = pickle.dumps(state, _PROTOCOL)[len(_HEADER) : -len(_STOP)]
    return b'%bc%b\n%b\n)\x81%bb%b' % (_HEADER, _HELPERS.encode(), name.encode(), content, _STOP)
