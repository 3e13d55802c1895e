"""Fuzz a running policy worker: random, truncated, oversized, nested and lying messages.

    python tests/fuzz/wire.py --messages 100000

Every message must be refused with a reason, or answered where chance made it a good one; the
worker must not end, grow, or run what it is sent. Exit status 0 when all of that holds, else 1.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import pickle
import subprocess
import sys
import tempfile

import msgpack
import numpy as np
from tqdm import tqdm
from vla_policy_server.wire.codec import pack, unpack
from vla_policy_server.wire.structure import LIMITS
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

STATE = np.linspace(-1.0, 1.0, 8)
GOOD = pack({'observation.state': STATE, 'prompt': 'lift the cube'})
# What an allocator keeps of messages of 16 MB, not what a leak would take in 100000 messages.
ALLOWED_GROWTH_MB = 40.0
WORKER = 'vla_policy_server.worker.policy_worker'
Message = bytes | str
Maker = Callable[[np.random.Generator], Message]


class Bomb:
    """Makes a file where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f'touch {self.mark}',)


def random_bytes(rng: np.random.Generator) -> bytes:
    return rng.bytes(int(rng.integers(0, 300)))


def random_text(rng: np.random.Generator) -> str:
    return rng.bytes(int(rng.integers(0, 50))).decode(errors='replace')


def truncated(rng: np.random.Generator) -> bytes:
    return GOOD[: int(rng.integers(0, len(GOOD)))]


def mutated(rng: np.random.Generator) -> bytes:
    changed = bytearray(GOOD)
    for _ in range(int(rng.integers(1, 5))):
        changed[int(rng.integers(0, len(changed)))] = int(rng.integers(0, 256))
    return bytes(changed)


def followed_by_more(rng: np.random.Generator) -> bytes:
    return GOOD + rng.bytes(int(rng.integers(1, 50)))


def nested(rng: np.random.Generator) -> bytes:
    opening = [b'\x91', b'\x81\xa1a', b'\xdc\x00\x01', b'\xde\x00\x01\xa1a'][rng.integers(0, 4)]
    return opening * int(rng.integers(9, 100_000)) + b'\xc0'


def boastful(rng: np.random.Generator) -> bytes:
    """Announce up to 2^32 values or bytes and send few."""
    heads = [0xDC, 0xDD, 0xDE, 0xDF, 0xC4, 0xC5, 0xC6, 0xD9, 0xDA, 0xDB, 0xC7, 0xC8, 0xC9]
    return bytes([int(rng.choice(heads))]) + b'\xff' * int(rng.integers(0, 5)) + rng.bytes(20)


def crowded(rng: np.random.Generator) -> bytes:
    return bytes(msgpack.packb({'a': [0] * int(rng.integers(4096, 100_000))}))


def lying_array(rng: np.random.Generator) -> bytes:
    dtypes = ['<f8', '|O', '<U4', '<c16', '>f8', '<M8[ns]', '|V8', 'f8', '<f9', '', '<f8' * 99]
    shapes = [[8], [2**62, 2**62], [-8], [9], [8, 0], [1] * 40, ['8'], [8.0], None, [[8]], {}]
    array = {
        b'__ndarray__': True,
        b'data': rng.bytes(int(rng.integers(0, 80))),
        b'dtype': dtypes[rng.integers(0, len(dtypes))],
        b'shape': shapes[rng.integers(0, len(shapes))],
    }
    for key in (b'data', b'dtype', b'shape'):
        if rng.random() < 0.1:
            del array[key]
    return bytes(msgpack.packb({'observation.state': array, 'prompt': ''}))


def wrong_content(rng: np.random.Generator) -> bytes:
    values = [None, True, 3, 1e300, 'text', b'bytes', [1.0] * 8, {}, np.zeros(7), np.zeros((8, 1)),
              np.full(8, np.nan), np.full(8, np.inf), np.zeros(8, bool)]  # fmt: skip
    message = {'observation.state': values[rng.integers(0, len(values))], 'prompt': ''}
    if rng.random() < 0.5:
        message = {'observation.state': STATE, 'request': values[rng.integers(1, len(values))]}
    return pack(message)


def oversized(rng: np.random.Generator) -> bytes:
    return bytes(LIMITS.message_bytes + int(rng.integers(1, 2**20)))


def makers(mark: Path) -> list[tuple[Maker, float]]:
    """Return the kinds of messages with how often they come."""
    bomb = pickle.dumps(Bomb(mark))
    carried = pack({'observation.state': bomb, b'data': bomb})
    return [
        (random_bytes, 20), (truncated, 15), (mutated, 20), (lying_array, 15), (wrong_content, 10),
        (boastful, 8), (random_text, 4), (followed_by_more, 3), (nested, 2), (crowded, 1),
        (lambda _: bomb, 1), (lambda _: carried, 1), (oversized, 0.05),
    ]  # fmt: skip


@contextmanager
def running_worker() -> Iterator[tuple[str, 'subprocess.Popen[str]']]:
    """Run a worker of the policy `hold`; yields its URL and its process."""
    command = [sys.executable, '-m', WORKER, '--backend', 'hold', '--port', '0']
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1], process
        finally:
            process.terminate()


def resident_mb(process: 'subprocess.Popen[str]') -> float:
    pages = int(Path(f'/proc/{process.pid}/statm').read_text().split()[1])
    return pages * os.sysconf('SC_PAGE_SIZE') / 2**20


def verdict(connection: ClientConnection, message: Message) -> str:
    """Send a message; return what became of it."""
    connection.send(message)
    answer = connection.recv(timeout=20.0)
    if isinstance(answer, str):
        return 'refused' if answer.strip() else 'refused without a reason'
    actions = unpack(answer, LIMITS).get('actions')
    is_finite = isinstance(actions, np.ndarray) and np.isfinite(actions).all()
    return 'answered' if is_finite else 'answered with nonsense'


def still_serves(url: str) -> bool:
    with connect(url, compression=None) as connection:
        connection.recv(timeout=20.0)
        connection.send(GOOD)
        answer = connection.recv(timeout=20.0)
    return isinstance(answer, bytes) and bool((unpack(answer, LIMITS)['actions'] == STATE).all())


def fuzz(messages: int, seed: int) -> tuple[Counter[str], float, bool]:
    """Return how often what became of a message, the growth of the worker [MB], and its health."""
    rng = np.random.default_rng(seed)
    verdicts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, running_worker() as (url, process):
        mark = Path(folder) / 'executed'
        kinds, weights = zip(*makers(mark), strict=True)
        shares = np.array(weights) / sum(weights)
        before_mb, sent = 0.0, 0
        with tqdm(total=messages, unit='message') as progress:
            while sent < messages:
                with connect(url, compression=None, max_size=None) as connection:
                    connection.recv(timeout=20.0)
                    try:
                        while sent < messages:
                            maker = kinds[rng.choice(len(kinds), p=shares)]
                            sent += 1
                            progress.update()
                            verdicts[verdict(connection, maker(rng))] += 1
                            if sent == messages // 10:
                                before_mb = resident_mb(process)
                    except ConnectionClosed as closed:
                        has_reason = closed.rcvd is not None and closed.rcvd.code == 1009
                        verdicts['refused by closing' if has_reason else 'dropped'] += 1
        growth_mb = resident_mb(process) - before_mb
        verdicts['executed'] += mark.exists()
        is_well = still_serves(url) and process.poll() is None
    return verdicts, growth_mb, is_well


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--messages', type=int, default=100_000)
    parser.add_argument('--seed', type=int, default=0)
    arguments = parser.parse_args()
    verdicts, growth_mb, is_well = fuzz(arguments.messages, arguments.seed)
    print('  '.join(f'{name}: {count}' for name, count in sorted(verdicts.items())))
    print(f'memory: {growth_mb:+.1f} MB after the first tenth; allowed: {ALLOWED_GROWTH_MB:g} MB')
    print(f'the worker is {"well" if is_well else "NOT WELL"}')
    good = {'refused', 'refused by closing', 'answered', 'executed'}
    holds = set(verdicts) <= good and verdicts['executed'] == 0 and is_well
    return 0 if holds and growth_mb <= ALLOWED_GROWTH_MB else 1


if __name__ == '__main__':
    sys.exit(main())
