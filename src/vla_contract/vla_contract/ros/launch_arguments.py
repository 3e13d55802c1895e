"""For launch files: arguments as a table, and their values as parameters."""

from collections.abc import Mapping
from typing import Any

from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare


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
