"""Episodes as tasks of an existing Ray cluster: the same map as a pool of processes gives."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
import socket

from vla_contract.cli.worker_pool import OrderedMap
from vla_contract.errors import VlaError


@contextmanager
def ray_pool(address: str) -> Iterator[OrderedMap]:
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

    def ordered[S, T](function: Callable[[S], T], items: Iterable[S], /) -> Iterator[T]:
        task = ray.remote(num_cpus=1)(function)
        for waiting in [task.remote(item) for item in items]:
            yield ray.get(waiting)

    try:
        _knock(address)
        ray.init(address=address, log_to_driver=False, configure_logging=False)
    except OSError as error:
        raise VlaError(
            f"no Ray cluster answers at '{address}'; allowed: host:port, auto"
        ) from error
    try:
        yield ordered
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Find a wrong address in seconds, where Ray itself tries again for minutes."""
    host, _, port = address.rpartition(':')
    if port.isdigit():
        socket.create_connection((host, int(port)), timeout=5.0).close()
