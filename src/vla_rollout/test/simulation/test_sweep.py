import io

from PIL import Image
import pytest
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.simulation.simulate import main
from vla_rollout.simulation.sweep import differences, Row, run_sweep, sweep_summary, sweep_table
from vla_rollout.simulation.sweep_figure import draw_sweep
from vla_rollout.statistics.intervals import Interval


def result(seed: int, success: bool) -> EpisodeResult:
    end = 'success' if success else 'timeout'
    return EpisodeResult(seed, success, end, 2.0, 0, 1, None, None)


def row(policy: str, domain: str, successes: int, episodes: int = 10) -> Row:
    return Row(policy, domain, tuple(result(i, i < successes) for i in range(episodes)))


ROWS = [
    row(policy, domain, successes)
    for policy, domain, successes in (
        ('first', 'none', 10),
        ('first', 'real', 2),
        ('second', 'none', 9),
        ('second', 'real', 8),
    )
]


def test_every_policy_meets_every_domain_on_the_same_seeds():
    seen = []

    def fake_map(function, tasks):
        for settings, seed in tasks:
            seen.append((settings['policy'], settings['randomization'], seed))
            yield result(seed, settings['policy'] == 'b')

    rows = run_sweep(fake_map, {'robot': 'r'}, ['a', 'b'], ['x', 'y'], range(5, 8))
    assert seen == [(p, d, s) for p in 'ab' for d in 'xy' for s in (5, 6, 7)]
    assert [(r.policy, r.domain, r.successes) for r in rows] == [
        ('a', 'x', 0),
        ('a', 'y', 0),
        ('b', 'x', 3),
        ('b', 'y', 3),
    ]
    assert [r.seed for r in rows[3].results] == [5, 6, 7]


def test_differences_are_of_the_second_policy():
    found = differences(ROWS)
    assert found['none'].rate == pytest.approx(-0.1)
    assert found['real'].rate == pytest.approx(0.6)
    assert found['real'].lower > 0 > found['none'].lower
    assert differences(ROWS[:2]) == {}


def test_the_summary_has_counts_intervals_and_failed_seeds():
    summary = sweep_summary(ROWS, {'policy': 'first', 'randomization': 'none', 'robot': 'r'})
    assert summary['settings'] == {'robot': 'r'}
    worst = summary['rows'][1]
    assert (worst['successes'], worst['episodes'], worst['success_rate']) == (2, 10, 0.2)
    assert worst['failed_seeds'] == list(range(2, 10))
    assert set(summary['differences']) == {'none', 'real'}


def test_the_table_reads_in_percent():
    table = sweep_table(ROWS)
    assert 'real  2/10  20% (95 % interval 6-51%)' in table
    assert 'real  +60 points (95 % interval +16 to +80)' in table


def test_the_figure_has_a_row_per_domain():
    few, many = (
        Image.open(io.BytesIO(draw_sweep(rows))).size
        for rows in (ROWS, [row('p', str(i), i) for i in range(10)])
    )
    assert few[0] == many[0]
    assert few[1] < many[1]


def test_intervals_print_as_percent():
    assert str(Interval(0.75, 0.4677, 0.9111)) == '75% (95 % interval 47-91%)'


@pytest.mark.parametrize('wrong', [['--compare', 'x'], ['--ray', 'auto']])
def test_options_of_a_sweep_need_one(wrong, capsys):
    with pytest.raises(SystemExit) as end:
        main(wrong)
    assert end.value.code == 2
    assert 'need --sweep' in capsys.readouterr().err


def test_an_unknown_domain_is_one_sentence(capsys, tmp_path):
    assert main(['--sweep', 'none', 'tea', '--runs', str(tmp_path)]) == 2
    assert "'tea' is not in" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
