"""Episodes as tasks of an existing Ray cluster: the same map as a pool of processes gives."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
import socket
from typing import Any

from vla_contract.errors import VlaError
from vla_rollout.simulation.finishing import finishing_interruption, FinishingMap, Numbered


@contextmanager
def ray_pool(address: str) -> Iterator[FinishingMap]:
    """Connect to a cluster whose machines have the same workspace, and give a map over it.

    Every task asks for one core, so as many run at once as the cluster has.

    Args:
        address: host:port of the cluster's head, or auto for the one of this machine.

    Raises:
        VlaError: Ray is not installed, or no cluster answers.
    """
    try:
        import ray
    except ImportError as error:
        raise VlaError('--ray needs the package ray; pip install ray') from error

    def finishing[T](
        function: Callable[[Any], T], items: Iterable[Numbered], /
    ) -> Iterator[tuple[int, T]]:
        task, left = ray.remote(num_cpus=1)(function), iter(items)
        at_once = max(1, int(ray.cluster_resources().get('CPU', 1)))
        running: dict[Any, int] = {}
        while True:
            if not interruption.came:
                for number, item in islice(left, at_once - len(running)):
                    running[task.remote(item)] = number
            if not running:
                break
            finished, _ = ray.wait(list(running))
            for waiting in finished:
                yield running.pop(waiting), ray.get(waiting)
        if interruption.came:
            raise KeyboardInterrupt

    try:
        _knock(address)
        ray.init(address=address, log_to_driver=False, configure_logging=False)
    except OSError as error:
        raise VlaError(
            f"no Ray cluster answers at '{address}'; allowed: host:port, auto"
        ) from error
    try:
        with finishing_interruption() as interruption:
            yield finishing
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Find a wrong address in seconds, where Ray itself tries again for minutes."""
    host, _, port = address.rpartition(':')
    if port.isdigit():
        socket.create_connection((host, int(port)), timeout=5.0).close()
