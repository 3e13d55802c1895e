"""Copies of a policy with a memory, one for each robot at a time, loaded one after another."""

import asyncio
from collections.abc import Callable
from typing import Any

from vla_contract.errors import PolicyError, VlaError
from vla_contract.policy import Policy


class PolicyPool:
    """Lends copies; a copy that came back is lent again before another is loaded.

    Attributes:
        most: copies in memory at a time.
    """

    def __init__(self, first: Policy, load: Callable[[], Policy], most: int) -> None:
        """Begin with one copy.

        Args:
            first: it.
            load: returns one more, in another thread.
            most: copies in memory at a time.
        """
        self.most = most
        self._load = load
        self._free = [first]
        self._count = 1
        self._loading: asyncio.Task[None] | None = None
        self._came_back: asyncio.Event | None = None

    async def lend(self) -> Policy:
        """Return a copy of its own for one robot; wait for one while all are lent.

        Who no longer waits leaves what is being loaded to the next.

        Raises:
            PolicyError: one more cannot be loaded.
        """
        while not self._free:
            if self._count < self.most or self._loading is not None:
                self._loading = self._loading or self._begin_to_load()
                await asyncio.shield(self._loading)
            else:
                self._came_back = self._came_back or asyncio.Event()
                await self._came_back.wait()
        return self._free.pop()

    def take_back(self, policy: Policy) -> None:
        """Take a copy that its robot has left."""
        self._free.append(policy)
        if self._came_back is not None:
            self._came_back.set()
            self._came_back = None

    def _begin_to_load(self) -> 'asyncio.Task[None]':
        task = asyncio.ensure_future(self._load_one())
        task.add_done_callback(_look_at)
        return task

    async def _load_one(self) -> None:
        self._count += 1
        try:
            self.take_back(await asyncio.to_thread(self._load))
        except VlaError:
            self._count -= 1
            raise
        except Exception as error:  # foreign code, such as CUDA out of memory
            self._count -= 1
            line = (str(error).splitlines() or [''])[0]
            raise PolicyError(
                f'one more copy of the policy cannot be loaded: {type(error).__name__}: '
                f'{line:.200}'
            ) from error
        finally:
            self._loading = None


def _look_at(task: 'asyncio.Task[Any]') -> None:
    """Take note of a failure for which no robot waits any more; asyncio would print it."""
    if not task.cancelled():
        task.exception()
