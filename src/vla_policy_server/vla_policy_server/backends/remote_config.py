"""Where a remote policy is and how it is spoken to: config/remotes/<name>.yaml, or a URL."""

from dataclasses import dataclass, replace
from pathlib import Path

from vla_contract.deployment.deployment import Deployment
from vla_contract.schema import build, load_yaml, setting
from vla_contract.share import find_config
from vla_policy_server.wire.endpoint import Endpoint
from vla_policy_server.wire.lerobot.messages import ServedCheckpoint
from vla_policy_server.wire.observation_message import CHW, HWC, ObservationKeys, policy_keys
from vla_policy_server.wire.roboarena.convention import droid_state
from vla_policy_server.wire.server_settings import read_token

OPENPI, ROBOARENA = 'openpi', 'roboarena'
GR00T, LEROBOT = 'tcp://', 'grpc://'
"""What the URLs of GR00T's servers and of LeRobot's begin with."""


@dataclass(frozen=True)
class RemoteConfig:
    """A remote policy. Keys are for servers of others; our worker takes the policy's."""

    url: str = setting(
        doc='address of the server: ws://host:port, wss://host:port, tcp://host:port of GR00T, or '
        'grpc://host:port of LeRobot'
    )
    token_file: str = setting('', doc="file with the server's token; empty sends none")
    tls_ca: str = setting('', doc="certificate to trust; empty trusts the system's")
    answer_within_s: float = setting(
        2.0, doc='time after which an answer is of no use', unit='s', lower=0.01, upper=600.0
    )
    first_answer_within_s: float = setting(
        120.0,
        doc='the same for the first one, before which a server may load or compile',
        unit='s',
        lower=0.01,
        upper=3600.0,
    )
    connect_within_s: float = setting(
        10.0, doc='time to wait for the server at start', unit='s', lower=0.0, upper=600.0
    )
    protocol: str = setting(
        OPENPI,
        doc='whose keys are spoken over websockets; those of roboarena know the state',
        choices=(OPENPI, ROBOARENA),
    )
    state: dict[str, tuple[str, ...]] | None = setting(
        None, doc='joint names behind each state key of the server'
    )
    images: dict[str, str] | None = setting(None, doc="the server's key for each camera's image")
    images_in: str = setting(
        '', doc='key of a map that holds the images; none: they stand beside the state'
    )
    image_layout: str = setting(
        HWC,
        doc="axes of the server's images: height, width and colour, or colour first",
        choices=(HWC, CHW),
    )
    actions: dict[str, tuple[str, ...]] | None = setting(
        None, doc="joint names behind each part of a GR00T server's action; none: as the state's"
    )
    prompt: str = setting('prompt', doc="the server's key for the instruction")
    lerobot: ServedCheckpoint | None = setting(
        None, doc="what LeRobot's server is told to load; nothing else does that"
    )

    @property
    def first_within_s(self) -> float:
        """How long the first answer is waited for [s]."""
        return max(self.first_answer_within_s, self.answer_within_s)

    def token(self) -> str:
        """Return the token to send, '' for none.

        Raises:
            WireError: its file cannot be read.
        """
        return read_token(Path(self.token_file) if self.token_file else None)

    def endpoint(self) -> Endpoint:
        """Return where to connect.

        Raises:
            WireError: the token file cannot be read.
        """
        tls_ca = Path(self.tls_ca).expanduser() if self.tls_ca else None
        return Endpoint(self.url, self.token(), tls_ca, self.answer_within_s)

    def keys(self, deployment: Deployment) -> ObservationKeys:
        """Return the keys to send an observation under."""
        keys = replace(policy_keys(deployment), prompt=self.prompt)
        keys = replace(keys, images_in=self.images_in, layout=self.image_layout)
        if self.protocol == ROBOARENA:
            keys = replace(keys, state=droid_state(deployment.cell), images={})
        if self.state is not None:
            keys = replace(keys, state=self.state)
        if self.images is not None:
            keys = replace(keys, images=self.images)
        return keys


def load_remote_config(name: str) -> RemoteConfig:
    """Return the configuration of a name under config/remotes, a YAML file, or a bare URL.

    Raises:
        ContractError: a value is missing, unknown or out of range.
        ResourceNotFoundError: there is no such file.
    """
    if name.startswith(('ws://', 'wss://', GR00T, LEROBOT)):
        return RemoteConfig(name)
    path = find_config('remotes', name)
    return build(RemoteConfig, load_yaml(path), str(path))
