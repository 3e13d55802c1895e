"""For launch files: arguments as a table, their values as parameters, and a robot's graph."""

from collections.abc import Iterable, Mapping
from typing import Any

from launch.actions import (
    DeclareLaunchArgument,
    GroupAction,
    IncludeLaunchDescription,
    OpaqueFunction,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import PushROSNamespace, SetRemap
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare
from vla_contract.deployment.deployment import load_cell_of
from vla_contract.ros.launch.guard import Guard

from launch import LaunchDescription

# What ROS 2 names absolutely, and what every robot has of its own.
_OWN = ('clock', 'tf', 'tf_static')


def robot_graph(
    arguments: Mapping[str, tuple[str, str]], entities: Iterable[Any]
) -> LaunchDescription:
    """Return what starts the entities in the namespace of their argument, all or none.

    Args:
        arguments: as `declare` takes them, `namespace` among them.
        entities: in the order they start; before them it is made sure that the cell exists.
    """
    group = [
        PushROSNamespace(LaunchConfiguration('namespace')),
        *(SetRemap(f'/{name}', name) for name in _OWN),
        *([OpaqueFunction(function=_check_cell)] if 'cell' in arguments else []),
        *entities,
    ]
    return LaunchDescription([*declare(arguments), Guard([GroupAction(group)])])


def include(name: str, **arguments: str) -> IncludeLaunchDescription:
    """Return another launch file of vla_bringup, in the namespace of the one that includes it."""
    source = PythonLaunchDescriptionSource(share('launch', f'{name}.launch.py'))
    given = {'namespace': '', **arguments}
    return IncludeLaunchDescription(source, launch_arguments=given.items())


def declare(arguments: Mapping[str, tuple[str, str]]) -> list[DeclareLaunchArgument]:
    """Return the declarations of a table: name to default and description."""
    return [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, (default, text) in arguments.items()
    ]


def value(argument: Any, kind: type = str) -> ParameterValue:
    """Return an argument, or a substitution, as a parameter of a type, whatever it looks like."""
    source = LaunchConfiguration(argument) if isinstance(argument, str) else argument
    return ParameterValue(source, value_type=kind)


def share(*path: str) -> PathJoinSubstitution:
    """Return the path of a file that vla_bringup installs."""
    return PathJoinSubstitution([FindPackageShare('vla_bringup'), *path])


def config(name: str) -> PathJoinSubstitution:
    """Return the path of a parameter file."""
    return share('config', name)


def _check_cell(context: Any) -> None:
    given = context.launch_configurations
    load_cell_of(given['deployment'], given['cell'])
