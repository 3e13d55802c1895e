"""Whether a checkpoint, the datasets and a deployment speak of the same robot."""

from collections.abc import Collection
from typing import Any

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import NameMismatchError, PolicyMismatchError, VlaError
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.checkpoints.inputs import fits_images
from vla_lerobot.features import ACTION, image_shape, IMAGES, STATE
from vla_lerobot.vector_order import vector_order

# Fields of LeRobot's configurations that say: this policy pads vectors to a width of its own.
_PADS = {STATE: 'max_state_dim', ACTION: 'max_action_dim'}


def require_names(deployment: Deployment, dataset: Any) -> None:
    """Refuse a dataset whose joints or cameras are not the policy's; another order is mapped.

    Raises:
        NameMismatchError: says which differ.
        VlaError: state or action is missing, or does not have one number per name.
    """
    vector_order(deployment, dataset)
    keys = list(deployment.policy.image_sizes)
    if sorted(keys) != sorted(dataset.meta.camera_keys):
        raise NameMismatchError(f'{dataset.root}: cameras', keys, dataset.meta.camera_keys)


def require_image_sizes(deployment: Deployment, dataset: Any) -> None:
    """Refuse a dataset whose images have another size than those the policy will be shown.

    Raises:
        VlaError: names the camera, its size and the policy's.
    """
    for feature, size in deployment.policy.image_sizes.items():
        _channels, height, width = image_shape(dataset.meta.features[feature])
        if (height, width) != size:
            raise VlaError(
                f'{dataset.root}: {feature}: found images of {width} x {height}; allowed: '
                f'{size[1]} x {size[0]} of policy {deployment.policy.name}'
            )


def require_same_robot(deployment: Deployment, dataset: Any) -> None:
    """Refuse a dataset of another robot, other joints, cameras, image sizes or another rate.

    No hash is compared: a changed limit changes it, and nothing that a policy learns.

    Raises:
        VlaError: says what differs.
    """
    found, robot, policy = dataset.meta.robot_type, deployment.cell.robot, deployment.policy
    if found and found not in (robot.name, *_lerobots_names(robot.name)):
        raise VlaError(
            f"{dataset.root}: robot: found '{found}'; allowed: '{robot.name}' (where that is "
            'another name of this arm: as robot_type in meta/info.json)'
        )
    if dataset.fps != policy.rate_hz:
        raise VlaError(
            f'{dataset.root}: fps: found {dataset.fps:g} Hz; allowed: {policy.rate_hz:g} Hz '
            f'of policy {policy.name}'
        )
    require_names(deployment, dataset)
    require_image_sizes(deployment, dataset)


def _lerobots_names(robot: str) -> tuple[str, ...]:
    """Return what LeRobot's classes for an arm write as robot_type into their datasets."""
    # In LeRobot 0.6.1 SO-100 and SO-101 have one class, whose name does not say which of them it
    # is: robots/so_follower/so_follower.py.
    shared = ('so_follower',) if robot in ('so100', 'so101') else ()
    return (f'{robot}_follower', *shared)


def require_same_meaning(deployment: Deployment, source: str, manifest: dict[str, Any]) -> None:
    """Refuse a checkpoint that was trained for another robot, joint order, unit or rate.

    Raises:
        PolicyMismatchError: says what differs.
    """
    policy = deployment.policy
    expected = {'robot': deployment.cell.robot.name, 'fps': policy.rate_hz}
    names = {'state_names': list(policy.state_names), 'action_names': list(policy.action_names)}
    for name, value in {**expected, **names}.items():
        if manifest.get(name, value) != value:
            raise PolicyMismatchError(
                f'{source}: {name}: the checkpoint was trained for {manifest[name]}; '
                f'deployment {deployment.name} has {value}'
            )
    require_same_units(deployment, source, manifest)


def require_same_units(deployment: Deployment, source: str, manifest: dict[str, Any]) -> None:
    """Refuse a checkpoint whose numbers meant something else when it was trained here.

    Raises:
        PolicyMismatchError: names a joint, what its number meant and what the policy file says.
    """
    codec = VectorCodec(deployment)
    for key, scale in (('state', codec.state), ('action', codec.action)):
        trained = _trained_units(deployment, key, manifest)
        for name, meaning in zip(scale.names, scale.meanings, strict=True):
            if trained.get(name, meaning) != meaning:
                raise PolicyMismatchError(
                    f'{source}: {key}: {name}: the checkpoint was trained with numbers in '
                    f'{trained[name]}; the file of policy {deployment.policy.name} says {meaning}'
                )


def vector_meaning(deployment: Deployment) -> dict[str, list[str]]:
    """Return which joint each number of a policy is of and in which unit, for a manifest."""
    codec = VectorCodec(deployment)
    return {
        'state_names': list(codec.state.names),
        'action_names': list(codec.action.names),
        'state_units': list(codec.state.meanings),
        'action_units': list(codec.action.meanings),
    }


def _trained_units(deployment: Deployment, key: str, manifest: dict[str, Any]) -> dict[str, str]:
    """Return the unit of each joint's number; where a manifest has only names, rad and m."""
    names = manifest.get(f'{key}_names')
    if not names:
        return {}
    si = {
        joint.name: 'm' if joint.type == 'prismatic' else 'rad' for joint in deployment.cell.joints
    }
    units = manifest.get(f'{key}_units') or [si.get(name, '') for name in names]
    return dict(zip(names, units, strict=False))


def require_features(source: str, config: Any, dataset: Any, made: Collection[str] = ()) -> None:
    """Refuse a policy whose inputs and outputs are not the dataset's, by name and shape.

    Args:
        source: the checkpoint, for the error.
        config: LeRobot's configuration of the policy.
        dataset: LeRobotDataset to train on.
        made: inputs that are made of its other columns.

    Raises:
        PolicyMismatchError: a feature is missing, too many, or of another shape.
    """
    recorded = dataset.meta.features
    inputs = config.input_features
    images = {key for key, feature in inputs.items() if feature.type.name == 'VISUAL'}
    for key, feature in {**inputs, **config.output_features}.items():
        if key in made:
            continue
        if key not in recorded:
            raise PolicyMismatchError(
                f"{source}: feature '{key}' is not in {dataset.root}; it has: "
                f'{", ".join(sorted(recorded))}'
            )
        found, wanted = _shape(recorded[key]), tuple(feature.shape)
        if found != wanted and not _adapts(config, key, key in images, found):
            raise PolicyMismatchError(
                f"{source}: feature '{key}': the checkpoint takes shape {list(wanted)}, "
                f'{dataset.root} has {list(found)}'
            )
    if unseen := set(dataset.meta.camera_keys) - images:
        raise PolicyMismatchError(
            f'{source}: the checkpoint does not look at {", ".join(sorted(unseen))} of '
            f'{dataset.root}; it looks at: {", ".join(sorted(images)) or "nothing"}'
        )


def _shape(feature: dict[str, Any]) -> tuple[int, ...]:
    """Return a column's shape as policies count it: channels first."""
    return image_shape(feature) if feature['dtype'] in IMAGES else tuple(feature['shape'])


def _adapts(config: Any, key: str, is_image: bool, found: tuple[int, ...]) -> bool:
    if is_image:
        return fits_images(config)
    most = getattr(config, _PADS[key], None) if key in _PADS else None
    return most is not None and found[0] <= most
