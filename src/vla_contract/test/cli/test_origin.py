import pytest
from vla_contract.cli.origin import command_line, origin_of_run


def test_an_origin_says_when_where_and_of_which_code():
    found = origin_of_run()
    assert found['date'].endswith('+00:00')
    assert found['host']
    assert found['version']
    # Tests are no command of vla.
    assert found['command'] == ''


@pytest.mark.parametrize(
    'words',
    [
        ['sim', 'run', '--episodes', '4', '--policy', 'my act'],
        ['sim', 'run', '--resume', 'runs/x', '--episodes', '4', '--policy', 'my act'],
        ['sim', 'run', '--resume=runs/x', '--episodes', '4', '--policy', 'my act'],
    ],
)
def test_a_command_repeats_the_run_from_its_beginning(words):
    again = command_line(['/opt/vla_contract/cli/vla.py', *words])
    assert again == "vla sim run --episodes 4 --policy 'my act'"


def test_a_run_that_goes_on_is_repeated_as_it_was_first_called():
    argv = ['/bin/vla', 'sim', 'run', '--resume', 'runs/a', '--workers', '2']
    words = ['--episodes', '20', *argv[3:]]
    assert command_line(argv, words) == 'vla sim run --episodes 20 --workers 2'
