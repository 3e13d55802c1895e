"""Two hosts on one machine: network namespaces, and a bad link between them.

The link is a process of ours between two TUN devices and not tc's netem, which many kernels of
containers and virtual machines are built without; and so a partition is one attribute.
"""

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
import heapq
import os
from pathlib import Path
import random
import select
import shutil
import struct
import subprocess
import threading
import time

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_MTU = 1500


def why_not() -> str:
    """Return why there can be no second host on this machine, '' when there can."""
    if os.geteuid() != 0:
        return 'network namespaces need root'
    if shutil.which('ip') is None:
        return 'the command ip is missing (package iproute2)'
    if not Path('/dev/net/tun').exists():
        return 'there is no /dev/net/tun'
    name = f'vla{os.getpid()}probe'
    made = subprocess.run(['ip', 'netns', 'add', name], capture_output=True, text=True)
    if made.returncode == 0:
        _ip('netns', 'del', name)
    return '' if made.returncode == 0 else f'no network namespaces: {made.stderr.strip()}'


class Link:
    """Carries packets between two TUN devices: late, not all of them, or none."""

    def __init__(self, devices: tuple[int, int], delay_s: float, loss: float) -> None:
        """Begin to carry; each way has the delay and the loss."""
        self._devices, self._delay_s, self._loss = devices, delay_s, loss
        self._rng = random.Random(0)
        self._flying: list[tuple[float, int, int, bytes]] = []
        self._ending = threading.Event()
        self.is_cut = False
        self.carried = self.lost = 0
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End, and remove the devices."""
        self._ending.set()
        self._thread.join()
        for device in self._devices:
            os.close(device)

    def _carry(self) -> None:
        number = 0
        while not self._ending.is_set():
            wait_s = self._flying[0][0] - time.monotonic() if self._flying else 0.1
            for device in select.select(self._devices, [], [], min(max(wait_s, 0.0), 0.1))[0]:
                packet = os.read(device, 2 * _MTU)
                if self.is_cut or self._rng.random() < self._loss:
                    self.lost += 1
                    continue
                number += 1
                other = self._devices[1 - self._devices.index(device)]
                due = time.monotonic() + self._delay_s
                heapq.heappush(self._flying, (due, number, other, packet))
            while self._flying and self._flying[0][0] <= time.monotonic():
                *_, other, packet = heapq.heappop(self._flying)
                os.write(other, packet)
                self.carried += 1


class Host:
    """A network namespace with an address."""

    def __init__(self, name: str, address: str) -> None:
        """Make it, with a loopback and one end of a link still to be carried."""
        self.name, self.address = f'vla{os.getpid()}{name}', address
        _ip('netns', 'add', self.name)
        self.device = _open_tun(self.name)
        _ip('link', 'set', self.name, 'netns', self.name)
        inside = ('-n', self.name)
        _ip(*inside, 'addr', 'add', f'{address}/24', 'dev', self.name)
        for device in ('lo', self.name):
            _ip(*inside, 'link', 'set', device, 'up')

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Have what this thread starts meanwhile, threads and processes, live on this host."""
        with open('/proc/thread-self/ns/net') as home, open(f'/run/netns/{self.name}') as there:
            os.setns(there.fileno(), os.CLONE_NEWNET)
            try:
                yield
            finally:
                os.setns(home.fileno(), os.CLONE_NEWNET)

    def close(self) -> None:
        """Remove it."""
        _ip('netns', 'del', self.name)


@contextmanager
def linked_hosts(delay_s: float, loss: float) -> Iterator[tuple[Host, Host, Link]]:
    """Make two hosts and the link between them, and leave nothing behind."""
    hosts: list[Host] = []
    try:
        hosts += [Host('a', '10.77.0.1')]
        hosts += [Host('b', '10.77.0.2')]
        link = Link((hosts[0].device, hosts[1].device), delay_s, loss)
        try:
            yield hosts[0], hosts[1], link
        finally:
            link.close()
    finally:
        for host in hosts:
            host.close()


def _open_tun(name: str) -> int:
    device = os.open('/dev/net/tun', os.O_RDWR)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack('16sH22x', name.encode(), _IFF_TUN | _IFF_NO_PI))
    return device


def _ip(*arguments: str) -> None:
    subprocess.run(['ip', *arguments], check=True, capture_output=True)
