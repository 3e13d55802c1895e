import pytest
from vla_policy_server.wire.errors import reason_in

HEAD = 'Traceback (most recent call last):\n  File "server.py", line 7, in infer\n    go()\n'


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('observation.state is missing', 'observation.state is missing'),
        ('', 'without a reason'),
        (f"{HEAD}KeyError: 'state'\n", "KeyError: 'state'"),
        (f'{HEAD}ValueError: the real reason\n\n   \n', 'ValueError: the real reason'),
        (f'{HEAD}AssertionError\n', 'AssertionError'),
        (
            f'{HEAD}RuntimeError: out of memory.\nGPU 0 has 23 GiB\n  of which 1 is free',
            'RuntimeError: out of memory. GPU 0 has 23 GiB of which 1 is free',
        ),
        (
            f'{HEAD}KeyError: 1\n\nDuring handling of the above exception, another exception '
            f'occurred:\n\n{HEAD}OSError: 2',
            'OSError: 2',
        ),
    ],
)
def test_the_reason_in_what_a_server_sends(text, reason):
    assert reason_in(text) == reason
