"""Every command of every document, run where a reader would run it; `make documents` does it.

Not among the tests that `make test` collects: it takes as long as they do. PAGES in the
environment names the pages to walk, such as 'README.md'; empty for all.
"""

from collections.abc import Iterator
import fcntl
import os
from pathlib import Path
import signal
import subprocess

from documents.folder import copy_document_folder, environment_of, make_document_folder
from documents.pages import commands_of, named_pages
from documents.rehearsal import differing, is_mention, makes, needs, rehearsed
from package_facts import ROOT
import pytest
from support.waiting import wait_for

PAGES = os.environ.get('PAGES', '').split()
WALKED = commands_of(named_pages(PAGES))
LINES = differing(rehearsed(c) for c in WALKED if not needs(c) and not is_mention(c))
WORKER = 'vla policy serve'
MEASUREMENTS = tuple(f'python {name}/' for name in ('benchmarks', 'studies', 'tests'))
# Both ends of a remote policy, on the port that the page names.
REMOTE = [line for line in LINES if WORKER in line or '--backend remote' in line]
LIMIT_S = 300.0


def marked(line: str) -> object:
    marks = [pytest.mark.xdist_group('port 8000')] if line in REMOTE else []
    return pytest.param(line, marks=marks, id=line.removeprefix('python '))


@pytest.fixture(scope='session')
def made(tmp_path_factory) -> Path:
    """The folder to copy, made by the first of several processes that want it."""
    root = tmp_path_factory.getbasetemp()
    folder = (root.parent if root.name.startswith('popen-') else root) / 'documents'
    with folder.with_suffix('.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / 'is_complete').exists():
            folder.mkdir()
            make_document_folder(folder, LINES if PAGES else None)
            (folder / 'is_complete').touch()
    return folder


@pytest.fixture(scope='session', autouse=True)
def leaves_what_is_shipped_alone() -> Iterator[None]:
    before = shipped()
    yield
    assert shipped() == before


def shipped() -> dict[Path, int]:
    """Return when each file that the folders link to was written."""
    folders = (ROOT / 'models', ROOT / 'config', ROOT / 'calibration_data')
    return {path: path.stat().st_mtime_ns for folder in folders for path in folder.rglob('*')}


@pytest.fixture
def folder(made, line, tmp_path) -> Path:
    copy_document_folder(made, tmp_path, makes(line))
    return tmp_path


@pytest.fixture
def worker(line, folder) -> Iterator[None]:
    """A policy worker, for a line that talks to one."""
    if '--backend remote' not in line:
        yield
        return
    output = folder / 'worker.txt'
    process = run(f'{WORKER} --device cpu', folder, output)
    wait_until_listening(process, output)
    yield
    process.send_signal(signal.SIGINT)
    process.wait(60.0)


def run(line: str, folder: Path, output: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ['bash', '-c', f'exec {line}' if line.startswith(('python', 'vla')) else line],
        cwd=folder,
        env=environment_of(folder),
        stdin=subprocess.DEVNULL,
        stdout=output.open('wb'),
        stderr=subprocess.STDOUT,
        # Whoever runs the tests in the background of a shell has SIGINT ignored, children too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_until_listening(process: subprocess.Popen[bytes], output: Path) -> None:
    def is_listening() -> bool:
        assert process.poll() is None, output.read_text()
        return 'listening on' in output.read_text()

    wait_for(is_listening, LIMIT_S, 'the worker to listen')


@pytest.mark.parametrize('line', [marked(line) for line in LINES])
def test_the_line_does_what_it_is_for(line, folder, worker):
    output = folder / 'output.txt'
    process = run(line, folder, output)
    try:
        if line.startswith(WORKER):
            wait_until_listening(process, output)
            process.send_signal(signal.SIGINT)
        status = process.wait(LIMIT_S)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60.0)
    said = output.read_text(errors='replace')
    # Measurements judge by figures, for which the numbers here are too small.
    assert status in ((0, 1) if line.startswith(MEASUREMENTS) else (0,)), said
    assert 'Traceback' not in said, said
    for name in makes(line):
        assert (folder / name).exists(), f'{name} was not made; it said:\n{said}'
