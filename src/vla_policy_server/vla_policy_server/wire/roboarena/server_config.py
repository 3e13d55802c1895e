"""What a RoboArena server wants of its clients: PolicyServerConfig of its policy_server.py."""

from dataclasses import asdict, dataclass
from typing import Any

from vla_contract.errors import PolicyError

WRIST, EXTERIOR = 'observation/wrist_image', 'observation/exterior_image_{}'
JOINTS, GRIPPER = 'observation/joint_position', 'observation/gripper_position'
_MOST_EXTERIOR = 2
_FIELDS = {
    'needs_wrist_camera': bool,
    'n_external_cameras': int,
    'needs_stereo_camera': bool,
    'needs_session_id': bool,
}


@dataclass(frozen=True)
class ServerConfig:
    """The metadata of a RoboArena server, under its own names.

    Attributes:
        image_resolution: height and width that clients resize images to [px], None as captured.
        needs_wrist_camera: whether it wants the camera at the wrist.
        n_external_cameras: how many other cameras it wants.
        needs_stereo_camera: whether it wants both images of each camera.
        needs_session_id: whether it wants to be told which episode an observation is of.
        action_space: joint_position, joint_velocity, cartesian_position or cartesian_velocity.
    """

    image_resolution: tuple[int, int] | None = None
    needs_wrist_camera: bool = False
    n_external_cameras: int = 0
    needs_stereo_camera: bool = False
    needs_session_id: bool = False
    action_space: str = 'joint_position'

    @property
    def image_keys(self) -> tuple[str, ...]:
        """The keys of the images that it wants."""
        cameras = [EXTERIOR.format(i) for i in range(self.n_external_cameras)]
        cameras += [WRIST] * self.needs_wrist_camera
        sides = ('left', 'right') if self.needs_stereo_camera else ('left',)
        return tuple(f'{camera}_{side}' for camera in cameras for side in sides)

    def write(self) -> dict[str, Any]:
        """Return it as metadata; its client takes these keys and no others."""
        return asdict(self)


def read_server_config(metadata: dict[str, Any], url: str) -> ServerConfig | None:
    """Return what a RoboArena server wants, None for a server that is none.

    Action space and resolution are left to who reads what any server states.

    Raises:
        PolicyError: a value is none of RoboArena's.
    """
    if not {'needs_wrist_camera', 'n_external_cameras'} <= metadata.keys():
        return None
    wanted = {key: metadata[key] for key in _FIELDS if key in metadata}
    for key, value in wanted.items():
        if type(value) is not _FIELDS[key]:
            raise PolicyError(
                f'{url}: {key}: found {value!r:.40}; allowed: {_FIELDS[key].__name__}'
            )
    config = ServerConfig(**wanted)
    if not 0 <= config.n_external_cameras <= _MOST_EXTERIOR:
        raise PolicyError(
            f'{url}: n_external_cameras: found {config.n_external_cameras}; allowed: 0 to '
            f'{_MOST_EXTERIOR}'
        )
    return config
