from dataclasses import replace
import json

import pytest
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.simulation.simulate import main
from vla_rollout.simulation.sweep import differences, Row, run_sweep, sweep_summary, sweep_table
from vla_rollout.simulation.sweep_figure import draw_sweep


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
    assert [(r.policy, r.domain, r.score.successes) for r in rows] == [
        ('a', 'x', 0),
        ('a', 'y', 0),
        ('b', 'x', 3),
        ('b', 'y', 3),
    ]
    assert [r.seed for r in rows[3].results] == [5, 6, 7]


def test_differences_are_of_the_second_policy():
    found = differences(ROWS)
    none, real = found['none'].difference, found['real'].difference
    assert none.rate == pytest.approx(-0.1)
    assert real.rate == pytest.approx(0.6)
    assert real.lower > 0 > none.lower
    assert differences(ROWS[:2]) == {}


def test_the_same_scenes_of_two_policies_are_compared_in_pairs():
    def seen(rows):
        results = [
            replace(r, manifest={'values': {'x': r.seed}, 'cell': 'c'}) for r in rows.results
        ]
        return replace(rows, results=tuple(results))

    first, second = seen(row('a', 'none', 2)), seen(row('b', 'none', 8))
    comparison = differences([first, second])['none']
    assert (comparison.test, comparison.pairs) == ('exact McNemar', 10)
    text = sweep_table([first, second])
    assert 'p = 0.031 (exact McNemar of 10 pairs)' in text
    assert sweep_summary([first, second], {})['differences']['none'] == comparison.facts()


def test_episodes_without_an_answer_are_in_no_rate_and_no_difference():
    first, second = row('a', 'none', 5), row('b', 'none', 7)
    silent = [replace(r, chunks=0, inference_failure='no memory') for r in second.results[5:]]
    second = replace(second, results=(*second.results[:5], *silent))
    assert 'none  5/5  100% (95 % interval 57-100%); 5 of 10 episodes had no answer' in (
        sweep_table([second])
    )
    (summary,) = sweep_summary([second], {})['rows']
    assert (summary['errors'], summary['error_seeds']) == (5, [5, 6, 7, 8, 9])
    assert summary['failed_seeds'] == []
    assert differences([first, second])['none'].difference.rate == 0.5
    second = replace(second, results=tuple(silent))
    assert differences([first, second]) == {}
    assert 'none  unknown; 5 of 5 episodes had no answer (last: no memory)' in (
        sweep_table([second])
    )
    assert draw_sweep([first, second])


@pytest.mark.parametrize('backend', ['hold', 'scripted'])
def test_a_row_is_called_by_what_ran(backend, tmp_path, capsys):
    words = ['--backend', backend, '--sweep', 'none', '--episodes', '1', '--workers', '1']
    assert main([*words, '--runs', str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f'{backend}\n  none  ')
    assert 'panda_lift_act' not in out
    summary = json.loads((tmp_path / 'latest' / 'summary.json').read_text())
    assert summary['rows'][0]['policy'] == backend
    assert summary['policies'][backend]['backend'] == backend


@pytest.mark.parametrize(
    'words',
    [
        ['--compare', 'panda_lift_act'],
        ['--policy', 'scripted', '--compare', 'scripted'],
        # The backend replaces that of both.
        ['--backend', 'hold', '--compare', 'panda_lift_act_randomized'],
        ['--backend', 'scripted', '--policy', 'hold', '--compare', 'scripted'],
    ],
)
def test_a_policy_is_not_compared_with_itself(words, tmp_path, capsys):
    assert main([*words, '--sweep', 'none', '--episodes', '1', '--runs', str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f'error: --compare {words[-1]}: both policies are ')
    assert 'which would be compared with itself; allowed: another policy' in error
    assert not list(tmp_path.iterdir())


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
    assert 'real  +60 points (95 % interval +16 to +80), p = 0.01' in table


def test_the_figure_has_a_row_per_domain():
    few, many = (
        draw_sweep(rows).get_size_inches()
        for rows in (ROWS, [row('p', str(i), i) for i in range(10)])
    )
    assert few[0] == many[0]
    assert few[1] < many[1]


def test_every_dot_of_the_figure_says_of_how_many_episodes_it_is():
    silent = [replace(r, chunks=0, failed_inferences=1) for r in ROWS[0].results[4:]]
    answers = (*ROWS[0].results[:4], *silent)
    (axes,) = draw_sweep([replace(ROWS[0], results=answers), *ROWS[1:]]).axes
    assert [text.get_text() for text in axes.texts][:2] == ['n 4', 'n 10']


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
