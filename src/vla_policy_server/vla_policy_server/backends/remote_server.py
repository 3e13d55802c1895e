"""A server that a robot asks, as its metadata describes it, and whether it fits a deployment."""

from dataclasses import replace
from typing import Any

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_policy_server.backends.remote_config import RemoteConfig, ROBOARENA
from vla_policy_server.wire.handshake import read_identity, require_same_meaning
from vla_policy_server.wire.observation_message import ObservationKeys
from vla_policy_server.wire.request import CAN_CONTINUE, PROTOCOL, TAKES_INSTRUCTION
from vla_policy_server.wire.roboarena.convention import require_droid_units, wanted_images
from vla_policy_server.wire.roboarena.episode import ArenaEpisode
from vla_policy_server.wire.roboarena.server_config import read_server_config
from vla_policy_server.wire.stated.agreement import action_order, require_agreement
from vla_policy_server.wire.stated.facts import plain, read_facts, StatedFacts
from vla_policy_server.wire.stated.notes import notes

_LONGEST_HISTORY, _MOST_EXTRAS = 64, 64
# What a policy that is served must keep while a robot works; the rest of the metadata may change.
_KEPT = (
    'protocol',
    'robot',
    'policy',
    'backend',
    'identity',
    'cell_sha256',
    'joint_names',
    'state_names',
    'action_names',
    'state_units',
    'action_units',
    'images',
    'fps',
    'action_kind',
    'action_space',
    'action_horizon',
    'image_resolution',
    'needs_images',
    'needs_extras',
    'earlier_steps',
    CAN_CONTINUE,
    'needs_wrist_camera',
    'n_external_cameras',
    'needs_stereo_camera',
    'needs_session_id',
)


class RemoteServer:
    """What a server says of itself.

    Attributes:
        metadata: as it came.
        needs_images: whether its policy looks at images.
        needs_extras: names of privileged values that it reads.
        earlier_steps: how many earlier observations it looks at.
        takes_instruction: whether its policy is told the task, None where it does not say.
        can_continue: whether its policy continues a plan.
        identity: what it says about the policy it serves, None if it says nothing.
        facts: what a server of others states of its actions and images.
        order: where each number of the policy's action stands in its actions, None in its place.
        episode: what a RoboArena server is told beside an observation, None for another server.
    """

    def __init__(self, deployment: Deployment, url: str, metadata: dict[str, Any]) -> None:
        """Read what it says.

        Raises:
            VlaError: it says something that makes no sense, or has other actions.
        """
        self.metadata = metadata
        self._deployment, self._url = deployment, url
        self._is_ours = metadata.get('protocol') == PROTOCOL
        self._arena = read_server_config(metadata, url)
        self.needs_images = metadata.get('needs_images', True) is True
        self.needs_extras = self._extras()
        self.earlier_steps = self._earlier_steps()
        said = metadata.get(TAKES_INSTRUCTION)
        self.takes_instruction = said if isinstance(said, bool) else None
        self.can_continue = self._is_ours and metadata.get(CAN_CONTINUE) is True
        self.identity = read_identity(metadata)
        self.facts = StatedFacts() if self._is_ours else read_facts(metadata, url)
        self.order = action_order(deployment, self.facts.action_names, url)
        self.episode = ArenaEpisode(self._arena) if self._arena else None

    @property
    def action_kind(self) -> Any:
        """What its actions are; of who does not say, what the policy file says."""
        return self.metadata.get('action_kind', self._deployment.policy.action_kind)

    def require_fit(self) -> None:
        """Refuse a server of another deployment.

        Raises:
            VlaError: its joints, cell, names, units, actions, images or rate are others.
        """
        require_same_meaning(self._deployment, self._url, self.metadata)
        require_agreement(self._deployment, self.facts, self._url)
        if self._arena is not None:
            require_droid_units(self._deployment, self._url)

    def require_same(self, other: 'RemoteServer') -> None:
        """Refuse a server that came in the place of this one with another policy.

        Raises:
            PolicyError: it has one.
        """
        for key in _KEPT:
            was, found = plain(self.metadata.get(key)), plain(other.metadata.get(key))
            if repr(was) != repr(found):  # so that NaN is the same as NaN
                raise PolicyError(
                    f'{self._url} now serves {other.name}, not {self.name}: {key} is another; '
                    'configure the policy server again'
                )

    def keys(self, config: RemoteConfig) -> ObservationKeys:
        """Return the keys to send an observation under.

        Raises:
            PolicyError: it wants an image that the configuration has no camera for.
        """
        if self._arena is None:
            return config.keys(self._deployment)
        keys = replace(config, protocol=ROBOARENA).keys(self._deployment)
        images = wanted_images(self._arena, keys.images, self._url)
        return replace(keys, images=images, always_prompts=True)  # its servers read the key

    @property
    def name(self) -> str:
        """What it serves, for a sentence."""
        said = self.metadata
        name = f'{said.get("robot", "an unknown robot")}/{said.get("policy", "policy")}'[:120]
        return f'{name} (sha256 {self.identity.sha256:.12})' if self.identity else name

    @property
    def notes(self) -> tuple[str, ...]:
        """What it says, and what is believed because it does not, one sentence each."""
        if self._is_ours:
            return ()
        says_kind = 'action_kind' in self.metadata
        return notes(self._deployment.policy, self.facts, self._url, says_kind)

    def _extras(self) -> tuple[str, ...]:
        found = self.metadata.get('needs_extras', [])
        is_good = isinstance(found, list) and len(found) <= _MOST_EXTRAS
        if not is_good or not all(isinstance(name, str) for name in found):
            raise PolicyError(
                f'{self._url}: needs_extras: found {found!r:.40}; allowed: a list of names'
            )
        return tuple(found)

    def _earlier_steps(self) -> int:
        found = self.metadata.get('earlier_steps', 0)
        if type(found) is not int or not 0 <= found <= _LONGEST_HISTORY:
            raise PolicyError(
                f'{self._url}: earlier_steps: found {found!r:.40}; allowed: 0 to '
                f'{_LONGEST_HISTORY}'
            )
        return found
