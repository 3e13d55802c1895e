"""Tab, as a shell asks: the line in the environment, the words on file descriptor 8."""

import os
import subprocess
import sys

import pytest

# Between two words of the answer.
_SEPARATOR = '\013'


def completed(line: str) -> list[str]:
    reader, writer = os.pipe()
    environment = {
        **os.environ,
        'COMP_LINE': line,
        'COMP_POINT': str(len(line)),
        'COMP_TYPE': '9',
        '_ARGCOMPLETE': '1',
        '_ARGCOMPLETE_IFS': _SEPARATOR,
    }
    command = f'exec {sys.executable} -m vla_contract.cli.vla 8>&{writer}'
    done = subprocess.run(
        ['bash', '-c', command], env=environment, pass_fds=[writer], capture_output=True
    )
    os.close(writer)
    with open(reader) as answer:
        words = answer.read().split(_SEPARATOR)
    assert done.returncode == 0, done.stderr
    return sorted(word.strip() for word in words if word)


@pytest.mark.parametrize(
    ('line', 'expected'),
    [
        ('vla s', ['sim']),
        ('vla sim r', ['run']),
        ('vla sim run --dep', ['--deployment']),
        ('vla sim run --episodes 3 --cell pan', ['panda_table']),
        ('vla sim run --mode ', ['async', 'rtc', 'sync']),
        ('vla demo --back', ['--backend']),
        ('vla rollout run --oper', ['--operator']),
    ],
)
def test_what_may_come_next(line, expected):
    assert completed(line) == expected


def test_a_model_is_offered_and_nothing_for_what_there_is_not():
    assert 'panda_lift_act' in completed('vla sim run --policy ')
    assert completed('vla sim run --cell nope') == []
