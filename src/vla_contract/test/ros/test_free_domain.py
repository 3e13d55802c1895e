import os
import subprocess
import sys

from vla_contract.ros.free_domain import enter_own_domain, take_domain

OTHER = 'from vla_contract.ros.free_domain import take_domain; print(take_domain(), flush=True)'


def test_two_calls_take_two_domains():
    assert take_domain() != take_domain()


def test_another_process_takes_another_domain_and_frees_it_at_its_end():
    ours = take_domain()
    theirs = {
        int(subprocess.run([sys.executable, '-c', OTHER], capture_output=True, check=True).stdout)
        for _ in range(2)
    }
    assert ours not in theirs
    assert all(1 <= domain <= 101 for domain in theirs)


def test_a_link_in_the_temporary_folder_is_not_followed(tmp_path):
    precious = tmp_path / 'precious'
    precious.write_text('0123456789')
    (tmp_path / 'tmp').mkdir()
    (tmp_path / 'tmp' / 'vla_domain_1.lock').symlink_to(precious)
    environment = {**os.environ, 'TMPDIR': str(tmp_path / 'tmp')}
    command = [sys.executable, '-c', OTHER]
    result = subprocess.run(command, capture_output=True, check=True, env=environment)
    assert int(result.stdout) == 2
    assert precious.read_text() == '0123456789'


def test_a_process_in_its_own_domain_hears_this_machine_only(monkeypatch):
    monkeypatch.setenv('ROS_DOMAIN_ID', '0')
    monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'SUBNET')
    enter_own_domain()
    assert os.environ['ROS_DOMAIN_ID'] != '0'
    assert os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] == 'LOCALHOST'
