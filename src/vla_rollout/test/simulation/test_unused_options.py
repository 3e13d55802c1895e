"""An option that nothing looks at is refused, in one sentence and before anything runs."""

import pytest
from vla_rollout.simulation import check_instruction, simulate
from vla_rollout.simulation.journal import Journal

SWEEP = ['--sweep', 'none']


@pytest.mark.parametrize(
    ('words', 'leave_out'),
    [
        ([*SWEEP, '--randomization', 'wide'], '--randomization'),
        ([*SWEEP, '--randomization', 'none'], '--randomization'),
        ([*SWEEP, '--video'], '--video'),
        ([*SWEEP, '--ray', 'auto', '--workers', '2'], '--workers'),
        (['--filter', 'off', '--speed', '0.5'], '--speed'),
        (['--resume', 'runs/x', '--episodes', '9'], '--episodes'),
        (['--resume', 'runs/x', '--latency-s', '0', '--runs', 'y'], '--latency-s, --runs'),
    ],
)
def test_an_option_beside_one_that_replaces_it_is_refused(words, leave_out, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        simulate.main(words)
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith('error: --')
    assert f'; leave out {leave_out} (see ' in error
    assert error.count('\n') == 1


@pytest.mark.parametrize(
    ('words', 'leave_out'),
    [
        (['--filter', 'off', '--speed', '0.5'], '--speed'),
        (['--resume', 'x', '--held-out'], '--held-out'),
    ],
)
def test_an_instruction_check_refuses_them_too(words, leave_out, capsys):
    with pytest.raises(SystemExit) as end:
        check_instruction.main(words)
    assert end.value.code == 2
    assert f'; leave out {leave_out} (see' in capsys.readouterr().err


@pytest.mark.parametrize('backend', ['hold', 'scripted'])
@pytest.mark.parametrize('option', [['--blank-images'], ['--device', 'cuda']])
@pytest.mark.parametrize(
    ('command', 'more'), [(simulate, []), (simulate, SWEEP), (check_instruction, [])]
)
def test_what_a_backend_never_looks_at_is_refused(
    backend, option, command, more, tmp_path, capsys
):
    words = ['--backend', backend, *option, *more, '--runs', str(tmp_path)]
    assert command.main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith(f'error: {" ".join(option)}: backend {backend} ')
    assert not list(tmp_path.iterdir())


def test_a_resumed_run_takes_another_number_of_workers(tmp_path, monkeypatch):
    Journal.begin(tmp_path, ['--episodes', '7', '--workers', '2', '--speed', '0.5'], {})
    seen = []
    monkeypatch.setattr(
        'vla_rollout.simulation.counted_runs.simulate', lambda args: seen.append(args) or 0
    )
    assert simulate.main(['--resume', str(tmp_path), '--workers', '1']) == 0
    (args,) = seen
    assert (args.episodes, args.workers, args.speed) == (7, 1, 0.5)


def test_workers_beside_a_cluster_are_refused_also_when_a_run_goes_on(tmp_path, capsys):
    Journal.begin(tmp_path, [*SWEEP, '--ray', 'auto'], {})
    with pytest.raises(SystemExit) as end:
        simulate.main(['--resume', str(tmp_path), '--workers', '1'])
    assert end.value.code == 2
    assert '--ray uses the cores of its cluster; leave out --workers' in capsys.readouterr().err


def test_a_domain_that_is_named_twice_is_refused(tmp_path, capsys):
    assert simulate.main(['--sweep', 'none', 'none', '--runs', str(tmp_path)]) == 2
    assert 'found none twice; allowed: every domain once' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
