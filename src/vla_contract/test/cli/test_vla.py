from importlib.metadata import EntryPoint
import sys

import pytest
from vla_contract.cli import vla
from vla_contract.cli.command import command_parser, DONE, WRONG_USE

COMMANDS = {
    'demo': 'vla_contract.cli.worker_pool:main',
    'sim.run': 'vla_contract.page.page:main',
    'sim.preview': 'no_such_package.preview:main',
}


@pytest.fixture
def run(monkeypatch, capsys):
    points = [EntryPoint(name, value, vla.GROUP) for name, value in COMMANDS.items()]
    monkeypatch.setattr(vla, 'offered_in', lambda group: points)
    called = []
    for name in ('page.page', 'cli.worker_pool'):
        module = __import__(f'vla_contract.{name}', fromlist=['main'])
        monkeypatch.setattr(module, 'main', lambda words: called.append(words) or 7, raising=False)

    def call(line: str):
        status = vla.main(line.split())
        said = capsys.readouterr()
        return status, said.out, said.err, called

    return call


@pytest.mark.parametrize('line', ['', '--help', '-h'])
def test_without_a_command_it_lists_them_with_the_first_line_of_their_module(run, line):
    status, out, _, called = run(line)
    assert status == DONE
    assert called == []
    for name in ('demo', 'sim run', 'sim preview'):
        assert name in out
    assert vla.find_spec('vla_contract')
    assert 'HTML' in out or 'page' in out


def test_a_command_gets_the_words_after_its_name_and_gives_the_status(run):
    assert run('sim run --episodes 3') == (7, '', '', [['--episodes', '3']])
    assert run('demo --web')[3][-1] == ['--web']


def test_a_noun_lists_its_verbs(run):
    status, out, _, _ = run('sim')
    assert status == DONE
    assert 'sim run' in out
    assert 'demo' not in out


@pytest.mark.parametrize(
    ('line', 'meant'),
    [('simm run', 'did you mean sim?'), ('sim rum', 'did you mean run?'), ('sim RUN', 'run?')],
)
def test_a_typing_error_is_one_sentence_with_the_right_name(run, line, meant):
    status, out, err, called = run(line)
    assert (status, out, called) == (WRONG_USE, '', [])
    assert meant in err
    assert len(err.splitlines()) == 1


def test_listing_imports_none_of_the_commands(run):
    run('--help')
    assert 'no_such_package' not in sys.modules


def test_an_unknown_option_is_one_sentence_with_the_right_name(capsys):
    parser = command_parser('sim run', 'Run.', 'vla sim run')
    parser.add_argument('--episodes', type=int, default=20, help='how many')
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(['--episods', '3'])
    said = capsys.readouterr().err
    assert ended.value.code == WRONG_USE
    assert (
        said
        == 'error: unknown option --episods; did you mean --episodes? (see vla sim run --help)\n'
    )


def test_help_shows_defaults(capsys):
    parser = command_parser('sim run', 'Run.', 'vla sim run')
    parser.add_argument('--episodes', type=int, default=20, help='how many')
    assert 'how many (default: 20)' in parser.format_help()
