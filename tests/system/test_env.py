"""env.sh in the shells that people have."""

import shutil
import subprocess

from package_facts import ROOT
import pytest


@pytest.mark.skipif(not shutil.which('dash'), reason='no dash')
def test_a_shell_that_it_is_not_for_gets_one_sentence():
    done = subprocess.run(
        ['dash', '-c', '. ./env.sh; echo "$? ${VLA_WORKSPACE:-unset}"'],
        cwd=ROOT, env={'PATH': '/usr/bin:/bin'}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == 'error: env.sh is for bash and zsh; in another shell use ./vla\n'
    assert done.stdout == '2 unset\n'


def test_vla_needs_no_sourcing(tmp_path):
    done = subprocess.run(
        [ROOT / 'vla', 'simm'],
        cwd=tmp_path, env={'PATH': '/usr/bin:/bin'}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert 'did you mean sim?' in done.stderr


def test_an_interactive_shell_completes_vla():
    done = subprocess.run(
        ['bash', '--norc', '-i', '-c', '. ./env.sh; complete -p vla'],
        cwd=ROOT, env={'PATH': '/usr/bin:/bin'}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert 'vla' in done.stdout, done.stderr
