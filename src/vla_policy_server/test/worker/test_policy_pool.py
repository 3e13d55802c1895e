import asyncio
from collections.abc import Callable
import threading
from typing import Any

import numpy as np
import pytest
from vla_contract.errors import PolicyError
from vla_contract.values import ActionChunk, Observation
from vla_policy_server.worker.inference_engine import Job, LocalEngine
from vla_policy_server.worker.policy_pool import PolicyPool


class Remembering:
    """A policy with a memory: counts its answers, and waits in the first one if told to."""

    needs_images = False
    needs_extras: tuple[str, ...] = ()

    def __init__(self, waits: threading.Event | None = None) -> None:
        self.count = 0
        self.waits = waits
        self.began = threading.Event()

    def infer(self, observation: Observation) -> ActionChunk:
        self.began.set()
        if self.waits is not None:
            self.waits.wait(10.0)
        self.count += 1
        return ActionChunk(observation.stamp_ns, 10**8, np.full((1, 1), float(self.count)))

    def reset(self) -> None:
        self.count = 0


JOB = Job(Observation(0, np.zeros(1), {}, ''), False, 2**62)


class Loads:
    """Loads policies, each when it is let."""

    def __init__(self) -> None:
        self.let = threading.Semaphore(0)
        self.at_once = self.most_at_once = self.begun = 0

    def __call__(self) -> Any:
        self.begun += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        assert self.let.acquire(timeout=10.0)
        self.at_once -= 1
        return Remembering()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10.0):
        while not is_so():
            await asyncio.sleep(0.001)


def test_copies_are_loaded_one_after_another_and_no_more_than_allowed():
    async def run() -> None:
        load = Loads()
        pool = PolicyPool(Remembering(), load, most=3)
        robots = [asyncio.ensure_future(pool.lend()) for _ in range(5)]
        load.let.release(4)
        await until(lambda: sum(robot.done() for robot in robots) == 3)
        assert (load.begun, load.most_at_once) == (2, 1)
        lent = [robot.result() for robot in robots if robot.done()]
        assert len(set(map(id, lent))) == 3
        for policy in lent[:2]:  # two robots leave, and the other two come in
            pool.take_back(policy)
        await asyncio.gather(*robots)
        assert load.begun == 2

    asyncio.run(run())


def test_who_gives_up_while_a_copy_loads_leaves_it_to_the_next():
    async def run() -> None:
        load = Loads()
        pool = PolicyPool(Remembering(), load, most=8)
        await pool.lend()
        for _ in range(5):
            gives_up = asyncio.ensure_future(pool.lend())
            await until(lambda: load.begun == 1)
            gives_up.cancel()
            await asyncio.wait([gives_up])
        load.let.release()
        await pool.lend()
        assert load.begun == 1

    asyncio.run(run())


def test_a_copy_that_cannot_be_loaded_is_one_sentence_and_tried_again():
    errors = [RuntimeError('CUDA out of memory.\nTried to allocate'), PolicyError('other files')]

    def load() -> Any:
        if errors:
            raise errors.pop(0)
        return Remembering()

    async def run() -> None:
        pool = PolicyPool(Remembering(), load, most=2)
        await pool.lend()
        with pytest.raises(PolicyError, match=r'cannot be loaded: RuntimeError: CUDA out of mem'):
            await pool.lend()
        with pytest.raises(PolicyError, match='^other files$'):
            await pool.lend()
        await pool.lend()

    asyncio.run(run())


def test_a_robot_that_gave_up_leaves_its_policy_to_the_next_one_as_new():
    loaded: list[Remembering] = []
    waits = threading.Event()

    def load() -> Remembering:
        loaded.append(Remembering(waits))
        return loaded[-1]

    async def run() -> None:
        engine = LocalEngine(load, 8)
        for _ in range(4):  # asks, asks again, gives up: the second question is never worked on
            seat = await engine.take_seat()
            asked = [asyncio.ensure_future(seat.infer(JOB)) for _ in range(2)]
            await until(loaded[0].began.is_set)
            for question in asked:
                question.cancel()
            await asyncio.wait(asked)
            seat.leave()
        seat = await engine.take_seat()
        asking = asyncio.ensure_future(seat.infer(JOB))
        await asyncio.sleep(0)
        waits.set()
        assert (await asking).result.positions == [[1.0]]
        assert len(loaded) == 1
        engine.close()

    asyncio.run(run())
