"""A node says what it is when it is asked, and takes no argument that it would ignore."""

import subprocess
import sys

from package_facts import ROOT
import pytest

NODES = sorted(
    '.'.join(path.relative_to(ROOT / 'src').with_suffix('').parts[1:])
    for path in (ROOT / 'src').glob('vla_*/vla_*/**/ros/*.py')
    if 'return run_node(' in path.read_text()
)


def run(module: str, argument: str) -> subprocess.CompletedProcess:
    command = [sys.executable, '-m', module, argument]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize('module', NODES)
def test_help_explains_and_ends(module):
    done = run(module, '--help')
    assert (done.returncode, done.stderr) == (0, '')
    usage, _, explanation = done.stdout.partition('\n')
    assert usage.startswith(f'usage: python -m {module} --ros-args')
    assert '\n  autostart (default: False)' in explanation
    assert '\n  deployment (' in explanation


def test_an_argument_that_would_be_ignored_is_refused():
    done = run(NODES[0], '--robot')
    assert done.returncode == 2
    assert done.stderr == (
        'error: unknown argument --robot; allowed: parameters as --ros-args -p NAME:=VALUE; '
        '--help lists them\n'
    )
