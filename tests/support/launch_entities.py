"""What a launch description starts."""

from collections.abc import Iterator
from typing import Any


def launched(description: Any) -> Iterator[Any]:
    """Yield the actions of a launch description, those of its groups too."""
    from launch.actions import GroupAction
    from vla_contract.ros.launch.guard import Guard

    todo = list(description.entities)
    while todo:
        entity = todo.pop(0)
        yield entity
        if isinstance(entity, Guard | GroupAction):
            todo += entity.get_sub_entities()
