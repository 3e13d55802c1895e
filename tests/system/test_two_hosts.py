"""Runs rehearse_two_hosts.py in a process of its own.

Fast DDS looks up the network's interfaces once in a process. Here it may have done so for another
test; on the first of two hosts it would then announce itself at addresses that do not exist there.
"""

from pathlib import Path
import subprocess
import sys

import pytest
from support.two_hosts import why_not

REHEARSAL = Path(__file__).parent / 'rehearse_two_hosts.py'


@pytest.mark.skipif(bool(why_not()), reason=why_not() or 'it can be tested')
def test_the_stack_survives_a_bad_network_between_its_two_hosts():
    command = [sys.executable, '-m', 'pytest', '-q', '--disable-warnings', str(REHEARSAL)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
