"""Builds control_msgs for Python where only the wheels of ROS are: gripper actions over DDS.

The wheels have the code generators and headers of rosidl, so a compiler and half a minute give the
two actions of gripper controllers and the state of joint_trajectory_controller. Definitions are
those of ros-controls/control_msgs (jazzy) without their comments: types of other definitions would
not be the same on the wire.

    PYTHONPATH="$(python -m support.control_messages):$PYTHONPATH"
"""

from collections.abc import Iterable
import importlib.util
from pathlib import Path
import shutil
import subprocess
import sys
import sysconfig

_PACKAGE = 'control_msgs'
_RESULT = 'float64 position\nfloat64 effort\nbool stalled\nbool reached_goal\n'
_STATE = 'sensor_msgs/JointState state\n'
_POINTS = ('reference', 'feedback', 'error', 'output')
DEFINITIONS = {
    'msg/GripperCommand.msg': 'float64 position\nfloat64 max_effort\n',
    'msg/JointTrajectoryControllerState.msg': '\n'.join([
        'std_msgs/Header header',
        'string[] joint_names',
        *(f'trajectory_msgs/JointTrajectoryPoint {name}' for name in _POINTS),
        'string[] multi_dof_joint_names',
        *(f'trajectory_msgs/MultiDOFJointTrajectoryPoint multi_dof_{name}' for name in _POINTS),
        'float64 speed_scaling_factor',
        '',
    ]),
    'action/GripperCommand.action': f'GripperCommand command\n---\n{_RESULT}---\n{_RESULT}',
    'action/ParallelGripperCommand.action': (
        f'sensor_msgs/JointState command\n---\n{_STATE}bool stalled\nbool reached_goal\n'
        f'---\n{_STATE}'
    ),
}  # fmt: skip
_NEEDED = (
    'action_msgs', 'service_msgs', 'unique_identifier_msgs', 'builtin_interfaces', 'std_msgs',
    'sensor_msgs', 'trajectory_msgs', 'geometry_msgs',
)  # fmt: skip
_SUPPORTS = ('rosidl_typesupport_fastrtps_c', 'rosidl_typesupport_introspection_c')
_PREFIX = Path(sys.prefix)
_SHARE, _LIB, _INCLUDE = (_PREFIX / name for name in ('share', 'lib', 'include'))


def path_of_control_messages(folder: Path) -> str:
    """Return what has to stand in PYTHONPATH for control_msgs, '' where it is installed.

    Args:
        folder: where it is built, and found the next time.
    """
    if importlib.util.find_spec(_PACKAGE) is not None:
        return ''
    if not (folder / 'built').is_file():
        shutil.rmtree(folder, ignore_errors=True)
        _compile(folder, _generate(folder))
        (folder / 'built').touch()
    return str(folder / 'python')


def _generate(folder: Path) -> Path:
    """Write definitions and code; returns the folder of the C code."""
    from rosidl_adapter.action import convert_action_to_idl
    from rosidl_adapter.msg import convert_msg_to_idl
    from rosidl_generator_c.cli import GenerateC
    from rosidl_generator_py.cli import GeneratePython
    from rosidl_typesupport_c.cli import GenerateCTypesupport
    from rosidl_typesupport_fastrtps_c.cli import GenerateFastRTPSCTypesupport
    from rosidl_typesupport_introspection_c.cli import GenerateIntrospectionCTypesupport

    source, idl, code = folder / 'source', folder / 'idl', folder / 'code' / _PACKAGE
    files: dict[str, list[str]] = {'msg': [], 'action': []}
    for name, text in DEFINITIONS.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        convert = convert_msg_to_idl if path.suffix == '.msg' else convert_action_to_idl
        convert(source, _PACKAGE, Path(name), idl / path.parent.name)
        files[path.parent.name].append(f'{idl}:{Path(name).with_suffix(".idl")}')
    include = [str(_SHARE / name) for name in _NEEDED]
    hashes = _hashes(folder / 'hashes', [*files['msg'], *files['action']], include)
    # One after the other: a message and an action of one name are told apart by nothing else.
    for kind, group in files.items():
        own = [str(path) for path in hashes if path.parent.name == kind]
        GenerateC('c').generate(_PACKAGE, list(group), include, code, own)
        GenerateFastRTPSCTypesupport('f').generate(_PACKAGE, list(group), include, code)
        introspection = folder / 'introspection' / _PACKAGE
        GenerateIntrospectionCTypesupport('i').generate(
            _PACKAGE, list(group), include, introspection
        )
        GenerateCTypesupport('t', typesupport_implementations=list(_SUPPORTS)).generate(
            _PACKAGE, list(group), include, code
        )
    everything = [*files['msg'], *files['action']]
    GeneratePython('p', typesupport_implementations=['rosidl_typesupport_c']).generate(
        _PACKAGE, everything, include, folder / 'python' / _PACKAGE
    )
    (folder / 'python' / _PACKAGE / '__init__.py').touch()
    return code


def _hashes(folder: Path, files: list[str], include: list[str]) -> list[Path]:
    from rosidl_cli.command.helpers import generator_arguments_file, legacy_generator_arguments
    from rosidl_generator_type_description import generate_type_hash
    from rosidl_generator_type_description.cli import package_paths_from_include_paths

    arguments = legacy_generator_arguments(
        package_name=_PACKAGE,
        interface_files=files,
        include_paths=include,
        templates_path=_SHARE / 'rosidl_generator_type_description' / 'resource',
        output_path=folder,
    )
    paths = package_paths_from_include_paths(include)
    with generator_arguments_file(**arguments, include_paths=paths) as path:
        return [Path(found) for found in generate_type_hash(path)]


def _compile(folder: Path, code: Path) -> None:
    """Compile the five libraries that rclpy and rmw load by these names."""
    python = folder / 'python' / _PACKAGE
    made = [*code.rglob('*__functions.c'), *code.rglob('*__description.c')]
    made += code.rglob('*__type_support.c')
    by_library = {
        f'lib{_PACKAGE}__rosidl_generator_c.so': made,
        f'lib{_PACKAGE}__{_SUPPORTS[0]}.so': [*code.rglob('*__type_support_c.cpp')],
        f'lib{_PACKAGE}__{_SUPPORTS[1]}.so': [*(folder / 'introspection').rglob('*.c')],
        f'lib{_PACKAGE}__rosidl_typesupport_c.so': [*code.glob('*/*__type_support.cpp')],
        f'{_PACKAGE}_s__rosidl_typesupport_c{sysconfig.get_config_var("EXT_SUFFIX")}': [
            *python.rglob('*.c')
        ],
    }
    before: list[Path] = []
    for name, files in by_library.items():
        _link(python / name, files, [code.parent, folder / 'introspection'], before)
        before.append(python / name)


def _link(library: Path, files: list[Path], include: Iterable[Path], before: list[Path]) -> None:
    import numpy

    kinds = ('rosidl_generator_c', *_SUPPORTS, 'rosidl_typesupport_c', 'rosidl_generator_py')
    needed = [_LIB / f'lib{package}__{kind}.so' for package in _NEEDED for kind in kinds]
    runtime = (
        'rosidl_runtime_c', 'rosidl_typesupport_introspection_c', 'rosidl_typesupport_fastrtps_c',
        'rosidl_typesupport_fastrtps_cpp', 'rosidl_typesupport_c', 'rmw', 'rcutils', 'fastcdr',
    )  # fmt: skip
    folders = [*include, _INCLUDE, *_INCLUDE.iterdir(), numpy.get_include()]
    folders.append(sysconfig.get_paths()['include'])
    subprocess.run(
        [
            'g++', '-shared', '-fPIC', '-O1', '-w', '-std=c++17',
            *(f'-I{path}' for path in folders), f'-Wl,-soname,{library.name}', '-o', library,
            *_by_language(files), '-x', 'none',
            '-Wl,--no-as-needed', *before, *(path for path in needed if path.exists()),
            *(_LIB / f'lib{name}.so' for name in runtime), f'-Wl,-rpath,$ORIGIN:{_LIB}',
        ],
        check=True,
    )  # fmt: skip


def _by_language(files: list[Path]) -> list[str]:
    """Return the files as g++ takes them: it would compile C as C++ otherwise."""
    return [
        word
        for path in files
        for word in ('-x', 'c++' if path.suffix == '.cpp' else 'c', str(path))
    ]


if __name__ == '__main__':
    print(path_of_control_messages(Path(__file__).resolve().parents[2] / 'build' / _PACKAGE))
