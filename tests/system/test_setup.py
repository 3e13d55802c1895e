"""What tools/setup.sh installs, and when it has nothing to do; a Python that only notes it."""

import shutil
import subprocess

from package_facts import ROOT
import pytest

PYTHON = """#!/bin/bash
case "$1 $2" in
  "-m venv") mkdir -p "${!#}/bin" "${!#}/lib" && cp "$0" "${!#}/bin/python" ;;
  "-m pip") echo "$*" >>"$PIPPED" ;;
  "--version"*) echo Python 3.12.9 ;;
esac
"""


@pytest.fixture
def setup(tmp_path):
    """Runs setup.sh in a bare copy; returns it, and what pip was asked for."""
    (tmp_path / 'tools').mkdir()
    (tmp_path / 'bin').mkdir()
    shutil.copy(ROOT / 'tools' / 'setup.sh', tmp_path / 'tools')
    for path in (*ROOT.glob('requirements*.txt'), ROOT / 'constraints.txt'):
        shutil.copy(path, tmp_path)
    python = tmp_path / 'bin' / 'python3.12'
    python.write_text(PYTHON)
    python.chmod(0o755)
    asked = tmp_path / 'asked.txt'

    def run(**environment):
        asked.write_text('')
        path = f'{python.parent}:/usr/bin:/bin'
        done = subprocess.run(
            ['tools/setup.sh'], cwd=tmp_path, capture_output=True, text=True, check=False,
            env={'PATH': path, 'HOME': str(tmp_path), 'PIPPED': str(asked), **environment},
        )  # fmt: skip
        return done, asked.read_text()

    return run


def test_what_runs_is_installed_and_what_tests_when_asked_for(setup):
    done, asked = setup()
    assert done.returncode == 0, done.stderr
    assert '-rrequirements.txt' in asked
    assert 'requirements-dev' not in asked
    done, asked = setup(DEV='1')
    assert '-rrequirements-dev.txt' in asked
    for again in ({}, {'DEV': '1'}):
        done, asked = setup(**again)
        assert (done.returncode, asked) == (0, '')


def test_a_changed_list_is_installed_again(setup, tmp_path):
    setup(DEV='1')
    with (tmp_path / 'requirements.txt').open('a') as file:
        file.write('one-more==1\n')
    assert '-rrequirements.txt' in setup()[1]
    assert '-rrequirements-dev.txt' in setup(DEV='1')[1]


def test_ros_brings_its_own_packages(setup):
    assert 'requirements-ros' not in setup(ROS_DISTRO='jazzy')[1]
    done, _ = setup()
    assert done.returncode == 2
    assert "was made for 'jazzy' but this shell has 'no ROS sourced'" in done.stderr


def test_pytorch_without_cuda_comes_from_its_index_before_the_rest(setup):
    _, asked = setup(TORCH='cpu', TORCH_INDEX='https://mirror/cpu')
    lines = asked.splitlines()
    first = next(
        k for k, line in enumerate(lines) if '--extra-index-url https://mirror/cpu' in line
    )
    assert lines[first].endswith('torch torchvision')
    assert first < next(k for k, line in enumerate(lines) if '-rrequirements.txt' in line)


def test_another_pytorch_is_refused(setup):
    done, asked = setup(TORCH='gpu')
    assert (done.returncode, asked) == (2, '')
    assert 'TORCH: found gpu; allowed: cpu' in done.stderr


@pytest.mark.parametrize('status', [0, 1])
def test_uv_installs_where_it_is_and_pip_where_it_fails(setup, tmp_path, status):
    uv = tmp_path / 'bin' / 'uv'
    uv.write_text(f'#!/bin/bash\necho "uv $*" >>"$PIPPED"\nexit {status}\n')
    uv.chmod(0o755)
    done, asked = setup()
    assert done.returncode == 0, done.stderr
    by_uv = [line for line in asked.splitlines() if line.startswith('uv pip install')]
    assert '-c constraints.txt' in by_uv[0]
    assert any('-rrequirements.txt' in line for line in by_uv)
    by_pip = [line for line in asked.splitlines() if line.startswith('-m pip install')]
    assert bool(by_pip) == bool(status)
    assert ('uv failed; by pip' in done.stdout) == bool(status)
