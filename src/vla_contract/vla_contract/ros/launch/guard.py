"""For launch files: a launch that fails half way leaves no node behind."""

import asyncio
from collections.abc import Iterable
from typing import Any

from launch.actions import OpaqueFunction, TimerAction

from launch import Action


class Guard(Action):
    """Starts what it holds; when something of it cannot be started, ends the rest with the launch.

    Where an action raises, launch forgets the processes that were started before it in the same
    description, and ends without them (ros2/launch#747). Here the exception is raised a moment
    later, when launch knows them: it then ends them as on Ctrl-C, and itself with status 1.
    """

    def __init__(self, entities: Iterable[Any], **options: Any) -> None:
        """Hold what is to be started, in this order."""
        super().__init__(**options)
        self._entities = list(entities)
        self._futures: list[Any] = []

    def get_sub_entities(self) -> list[Any]:
        """Return what it holds, for `ros2 launch --show-args`."""
        return self._entities

    def execute(self, context: Any) -> list[Any]:
        """Start everything, up to what cannot be started."""
        try:
            for entity in self._entities:
                self._visit(entity, context)
        except Exception as error:  # noqa: BLE001 - raised again by the timer
            fails = OpaqueFunction(function=_fail, args=[error])
            return [TimerAction(period=0.0, actions=[fails])]
        return []

    def get_asyncio_future(self) -> Any:
        """Return what is done when everything that was started has ended."""
        return asyncio.gather(*self._futures) if self._futures else None

    def _visit(self, entity: Any, context: Any) -> None:
        """Do what launch's visit_all_entities_and_collect_futures does, keeping what began."""
        sub_entities = entity.visit(context)
        future = entity.get_asyncio_future()
        if future is not None:
            self._futures.append(future)
        for sub_entity in sub_entities or ():
            self._visit(sub_entity, context)


def _fail(context: Any, error: Exception) -> None:
    raise error
