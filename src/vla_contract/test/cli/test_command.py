import errno
import json
import os
import subprocess
import sys

import pytest
from vla_contract.cli.command import run_command, write_json
from vla_contract.errors import VlaError


def raising(error: BaseException):
    def body() -> int:
        raise error

    return body


def test_a_known_error_is_one_sentence_and_status_2(capsys):
    assert run_command(raising(VlaError('camera x is missing'))) == 2
    assert capsys.readouterr().err == 'error: camera x is missing\n'


def test_a_full_disk_is_one_sentence_and_status_1(capsys):
    full = OSError(errno.ENOSPC, 'No space left on device', '/data/x.json')
    assert run_command(raising(full)) == 1
    assert capsys.readouterr().err == 'error: cannot write /data/x.json: No space left on device\n'


@pytest.mark.parametrize('number', [errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG])
def test_a_path_that_names_no_place_is_wrong_use(capsys, number):
    assert run_command(raising(OSError(number, os.strerror(number), '/proc/x'))) == 2
    assert capsys.readouterr().err == f'error: /proc/x: {os.strerror(number)}\n'


def test_an_error_of_the_system_without_a_path_is_not_hidden():
    with pytest.raises(OSError, match='Is a directory'):
        run_command(raising(OSError(errno.EISDIR, 'Is a directory')))


def test_output_that_nobody_reads_any_more_is_no_traceback():
    script = (
        'from vla_contract.cli.command import run_command;'
        'raise SystemExit(run_command(lambda: [print(i, flush=True) for i in range(100000)][0]))'
    )
    line = f'{sys.executable} -c "{script}" | head -1; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(['bash', '-c', line], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (1, '0\n', '')


def test_ctrl_c_is_status_130():
    assert run_command(raising(KeyboardInterrupt())) == 130


def test_a_defect_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        run_command(lambda: 1 // 0)


def test_json_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / 'a' / 'x.json'
    write_json(path, {'rate': 0.5})
    with pytest.raises(ValueError, match='JSON'):
        write_json(path, {'rate': float('nan')})
    assert json.loads(path.read_text()) == {'rate': 0.5}
    assert [p.name for p in path.parent.iterdir()] == ['x.json']
