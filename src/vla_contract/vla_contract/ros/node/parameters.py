"""Declare a settings dataclass as ROS parameters, with descriptions and ranges."""

import dataclasses
import typing
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter
from vla_contract.schema import build, unknown_name

# Parameters every node has beside its settings.
_COMMON = {'use_sim_time', 'autostart', 'start_type_description_service'}
_HUGE = 1e308


def declare_settings(node: Node, settings: type[Any]) -> None:
    """Declare every field of a settings dataclass, exactly those, on a node.

    Raises:
        SettingError: a value given for the node is unknown, of the wrong type or out of range.
    """
    fields = {field.name: field for field in dataclasses.fields(settings)}
    hints = typing.get_type_hints(settings)
    given = getattr(node, '_parameter_overrides', {})
    for name in given:
        known = name in fields or name in _COMMON or name.startswith('qos_overrides.')
        if not known:
            raise unknown_name(node.get_name(), f'parameter {name}', name, fields)
    for name, parameter in given.items():
        # Of `-p rate_hz:=50` ROS makes an integer, which it then refuses for a float.
        if hints.get(name) is float and type(parameter.value) is int:
            given[name] = Parameter(name, value=float(parameter.value))
    for name, field in fields.items():
        try:
            node.declare_parameter(name, field.default, _descriptor(field, hints[name]))
        except ParameterException:
            # The dataclass says it better: with the range, and the unit.
            value = given[name].value if name in given else field.default
            build(settings, {name: value}, node.get_name())
            raise


def fixed_while_active(settings: type[Any]) -> set[str]:
    """Return the parameters that a node refuses to change while it is active.

    `use_sim_time` is among them: another clock makes every stamp of before meaningless.
    """
    fields = dataclasses.fields(settings)
    return {'use_sim_time', *(f.name for f in fields if not f.metadata['while_active'])}


def read_settings[T](node: Node, settings: type[T]) -> T:
    """Return the node's current parameters as the dataclass.

    Raises:
        SettingError: a value is out of range.
    """
    names = [field.name for field in dataclasses.fields(settings)]  # type: ignore[arg-type]
    values = {name: node.get_parameter(name).value for name in names}
    return build(settings, values, node.get_name())


def _descriptor(field: 'dataclasses.Field[Any]', hint: Any) -> ParameterDescriptor:
    limits = field.metadata
    unit = f' [{limits["unit"]}]' if limits['unit'] else ''
    descriptor = ParameterDescriptor(
        description=limits['doc'] + unit, read_only=not limits['dynamic']
    )
    if limits['choices']:
        descriptor.additional_constraints = 'one of: ' + ', '.join(limits['choices'])
    lower, upper = limits['lower'], limits['upper']
    if hint is float and (lower is not None or upper is not None):
        low = -_HUGE if lower is None else float(lower)
        high = _HUGE if upper is None else float(upper)
        descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    if hint is int and (lower is not None or upper is not None):
        low_int = -(2**63) if lower is None else int(lower)
        high_int = 2**63 - 1 if upper is None else int(upper)
        descriptor.integer_range = [IntegerRange(from_value=low_int, to_value=high_int, step=1)]
    return descriptor
