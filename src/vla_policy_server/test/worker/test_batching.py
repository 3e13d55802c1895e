import asyncio
from collections.abc import Sequence
import threading

import pytest
from vla_policy_server.worker.batching import BatchQueue


def test_what_waits_during_a_batch_is_worked_on_together():
    batches: list[list[int]] = []
    release = threading.Event()

    def work(items: Sequence[int]) -> list[int]:
        batches.append(list(items))
        release.wait(5.0)
        return [10 * item for item in items]

    async def run() -> list[int]:
        queue = BatchQueue(work, max_batch=3)
        tasks = [asyncio.create_task(queue.submit(i)) for i in range(6)]
        await asyncio.sleep(0)
        release.set()
        results = [timed.result for timed in await asyncio.gather(*tasks)]
        queue.close()
        return results

    assert asyncio.run(run()) == [0, 10, 20, 30, 40, 50]
    assert [item for batch in batches for item in batch] == list(range(6))
    assert max(map(len, batches)) == 3


def test_a_failure_belongs_to_its_batch_only():
    def work(items: Sequence[int]) -> list[int]:
        if 1 in items:
            raise RuntimeError('one')
        return list(items)

    async def run() -> list[object]:
        queue = BatchQueue(work, max_batch=1)
        found = await asyncio.gather(*map(queue.submit, range(3)), return_exceptions=True)
        queue.close()
        return [getattr(item, 'result', item) for item in found]

    first, second, third = asyncio.run(run())
    assert (first, third) == (0, 2)
    assert isinstance(second, RuntimeError)


def test_a_client_that_left_does_not_stop_the_others():
    async def run() -> int:
        queue = BatchQueue(lambda items: list(items), max_batch=1)
        gone, stays = (asyncio.create_task(queue.submit(i)) for i in range(2))
        await asyncio.sleep(0)
        gone.cancel()
        result = int((await stays).result)
        queue.close()
        return result

    assert asyncio.run(run()) == 1


def test_the_time_in_the_queue_is_told():
    async def run() -> tuple[int, int]:
        queue = BatchQueue(lambda items: list(items), max_batch=4)
        timed = await queue.submit(0)
        queue.close()
        return timed.queue_ns, timed.work_ns

    assert min(asyncio.run(run())) > 0


@pytest.mark.parametrize('count', [1, 9])
def test_results_keep_the_order_of_their_items(count):
    async def run() -> list[int]:
        queue = BatchQueue(lambda items: [i * i for i in items], max_batch=4)
        found = await asyncio.gather(*map(queue.submit, range(count)))
        queue.close()
        return [timed.result for timed in found]

    assert asyncio.run(run()) == [i * i for i in range(count)]
