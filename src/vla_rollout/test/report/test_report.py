import json
import os
from xml.etree import ElementTree

import numpy as np
import pytest
from run_rows import DRAWING, episode, manifest, write_run
from vla_action_filter.verdict import Desired
from vla_contract.check import measured, skipped
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import VlaError
from vla_contract.filter_status import NO_REASON, Reason, ReasonCode, Verdict
from vla_contract.values import JointSample
from vla_rollout.episodes.cycle import Cycle
from vla_rollout.preflight.page import read_checklist, write_checklist
from vla_rollout.report.comparisons import compare_runs
from vla_rollout.report.episodes.figure import draw_episode
from vla_rollout.report.junit import write_junit
from vla_rollout.report.load_run import load_run
from vla_rollout.report.page import write_report
from vla_rollout.report.recorded import count_interventions, RecordedEpisode, RecordedRun
from vla_rollout.report.report_runs import main

NOTHING = RecordedRun()


def page_of(folder, runs, *recorded, checklist=()):
    recorded = recorded or [NOTHING] * len(runs)
    write_report(folder / 'report.html', runs, recorded, checklist)
    return (folder / 'report.html').read_text()


def test_an_episode_counts_by_its_cause(run):
    assert run.outcomes() == {'success': 8, 'wild oscillation': 1, 'timeout': 1}
    assert run.results[8].cause.sentence == 'wild oscillation: <joints> shake'


def test_page_junit_and_json_tell_the_same_cause(tmp_path):
    results = [
        episode(0, False, 'drift', alarms=['1.20 s: drift: off the path']),
        episode(1, False, None, alarms=[], termination='stopped', stop_cause='e_stop'),
        episode(2, False, None, alarms=[], chunks=0, failed_inferences=4, inference_failure='oom'),
        episode(3, False, None, alarms=[], termination='wrong_object'),
    ]
    causes = [
        'drift: off the path',
        'safety stop: e_stop',
        'policy failed: 4 inferences failed, the last: oom',
        'wrong_object',
    ]
    write_run(tmp_path / 'run', results)
    assert main([str(tmp_path / 'run'), '--json', str(tmp_path / 'r.json')]) == 0
    page = (tmp_path / 'run' / 'report.html').read_text()
    (suite,) = ElementTree.parse(tmp_path / 'run' / 'report.junit.xml').getroot()
    (figures,) = json.loads((tmp_path / 'r.json').read_text())['runs']
    shown = [f'no answer: {cause}' if cause[:6] == 'policy' else cause for cause in causes]
    assert [f'<span class="no">{cause}</span>' in page for cause in shown] == [True] * 4
    assert [case[0].get('message') for case in suite] == causes
    assert [case[0].tag for case in suite] == ['failure', 'failure', 'error', 'failure']
    assert [suite.get(name) for name in ('tests', 'failures', 'errors')] == ['4', '3', '1']
    assert [row['cause'] for row in figures['results']] == causes
    assert figures['outcomes'] == {'drift': 1, 'safety stop': 1, 'wrong_object': 1}
    assert [row['outcome'] for row in figures['results']] == [
        'drift', 'safety stop', 'error', 'wrong_object',
    ]  # fmt: skip
    assert (figures['episodes'], figures['errors']) == (3, 1)
    assert '1 of 4 episodes had no answer (last: oom); success 0/3 (0%' in page


def test_a_run_without_any_answer_has_a_page_and_no_rate(tmp_path):
    silent = [episode(k, False, None, chunks=0) for k in range(3)]
    run = write_run(tmp_path / 'run', silent, {'backend': 'hold', 'policy': 'act'})
    page = page_of(tmp_path, [run])
    assert '<p>hold: <strong>3 of 3 episodes had no answer; success unknown</strong></p>' in page
    assert 'exact interval' not in page
    answers = write_run(tmp_path / 'other', [episode(0, True)])
    assert not compare_runs([run, answers])
    assert 'success_rate' not in run.figures(NOTHING)


@pytest.mark.parametrize(
    ('facts', 'label'),
    [
        (('lerobot', 'runs/act'), 'runs/act'),
        (('remote', 'ws://gpu:8000'), 'ws://gpu:8000'),
        (('hold', 'panda_lift_act'), 'hold'),
        (('scripted', 'panda_lift_act'), 'scripted'),
        (('replay', 'data:3'), 'replay data:3'),
        (('mine:make', ''), 'mine:make'),
        (('lerobot', ''), 'act'),
    ],
)
def test_a_run_is_called_by_what_ran(facts, label, tmp_path):
    settings = dict(zip(('backend', 'source'), facts, strict=True), policy='act')
    run = write_run(tmp_path / 'run', [episode(0, True)], settings)
    assert f'<p>{label}: <strong>success 1/1' in page_of(tmp_path, [run])
    assert run.figures(NOTHING)['policy'] == label


def test_a_run_keeps_its_name_under_a_link(run, tmp_path):
    (tmp_path / 'latest').symlink_to(run.folder)
    assert load_run(tmp_path / 'latest').name == '20261122-demo'


def test_the_page_is_one_file_without_network_and_shows_failures(run, tmp_path):
    recorded = RecordedRun({8: RecordedEpisode(DRAWING)}, ('episode 10: <gone>',))
    recorded_run = write_run(run.folder, [*json.loads(
        (run.folder / 'summary.json').read_text())['results'][:9],
        episode(9, False, recording='b.mcap'),
    ], {'policy': 'act <1>'})  # fmt: skip
    page = page_of(tmp_path, [recorded_run], recorded)
    assert '8/10 (80%' in page
    assert 'http' not in page
    assert 'act &lt;1&gt;' in page
    assert '&lt;joints&gt; shake' in page
    assert '<li>episode 10: &lt;gone&gt;</li>' in page
    assert page.count('<video') == 1
    assert 'data:video/mp4;base64,' in page
    # Of episode 9 there is something to see, and its number leads there.
    assert page.count('<details class="bad" open>') == page.count('<a href=') == 1
    assert '<a href="#run-1-episode-9">9</a>' in page
    assert '<div id="run-1-episode-9"' in page


def test_a_video_without_room_in_the_page_is_a_link_from_where_the_page_lies(
    run, tmp_path, monkeypatch
):
    monkeypatch.setattr('vla_rollout.report.page._VIDEO_BYTES', 3)
    (tmp_path / 'out' / 'there').mkdir(parents=True)
    page = page_of(tmp_path / 'out' / 'there', [run])
    assert 'src="../../20261122-demo/videos/a.mp4"' in page


def test_episodes_that_do_not_count_are_shown_and_skipped(tmp_path):
    stopped = episode(2, False, termination='stop', is_counted=False, alarms=[])
    run = write_run(tmp_path / 'r', [episode(0, True)], not_counted=[stopped])
    page = page_of(tmp_path, [run])
    assert '1/1 (100%' in page
    assert '<span class="remark">not counted: stop</span>' in page
    write_junit(tmp_path / 'report.xml', [run])
    (suite,) = ElementTree.parse(tmp_path / 'report.xml').getroot()
    assert [suite.get(name) for name in ('tests', 'failures', 'skipped')] == ['2', '0', '1']
    assert suite[1].find('skipped').get('message') == 'not counted: stop'
    nothing_counts = write_run(tmp_path / 'n', [], not_counted=[stopped])
    assert '<p>no episode counts</p>' in page_of(tmp_path, [nothing_counts, run])


def test_two_policies_in_simulation_and_reality_are_compared(tmp_path):
    runs = []
    counts = {('a', 'sim'): 9, ('a', 'real'): 7, ('b', 'sim'): 5, ('b', 'real'): 4}
    for (policy, where), successes in counts.items():
        results = [episode(k, k < successes) for k in range(10)]
        settings = {'policy': policy} | ({'operator': 'A. Smith'} if where == 'real' else {})
        runs.append(write_run(tmp_path / f'{policy}-{where}', results, settings))
    compared = compare_runs(runs)
    assert [(c.first, c.second) for c in compared] == [('a-sim', 'b-sim'), ('a-real', 'b-real')]
    assert '2 policies: Pearson r 1.00, MMRV 0.000' in page_of(tmp_path, runs)


def scenes(successes, seeds=range(10), **changes):
    """Return episodes with their manifests, of which some succeed."""
    return [episode(k, k in successes, manifest=manifest(k, **changes)) for k in seeds]


def test_runs_of_the_same_scenes_are_compared_in_pairs_in_whatever_order(tmp_path):
    run = write_run(tmp_path / 'one', scenes(range(8)), {'policy': 'a'})
    other = write_run(
        tmp_path / 'other', scenes({0, *range(3, 10)}, reversed(range(10))), {'policy': 'b'}
    )
    (compared,) = compare_runs([run, other])
    assert (compared.first, compared.second) == ('one', 'other')
    comparison = compared.comparison
    assert (comparison.test, comparison.pairs) == ('exact McNemar', 10)
    # Each wins two scenes that the other loses.
    assert (comparison.difference.rate, comparison.p_value) == (0.0, 1.0)
    assert compared.differences == ()
    page = page_of(tmp_path, [run, other])
    assert '+0 points (95 % interval' in page
    assert '(exact McNemar of 10 pairs)' in page


def test_episodes_of_one_number_and_other_scenes_are_no_pairs_and_the_settings_are_named(tmp_path):
    settings = {
        'backend': 'lerobot', 'source': 'a', 'policy': 'a', 'speed': 1.0, 'filter': 'default',
        'latency_s': 0.06, 'execute_steps': 4, 'mode': 'async', 'cell': 'panda_table',
        'identity': {'cell_sha256': 'c' * 64, 'precision': 'fp32', 'policy': 'a'},
    }  # fmt: skip
    run = write_run(tmp_path / 'one', scenes(range(8)), settings)
    others = {
        'speed': 0.1, 'filter': 'off', 'latency_s': 0.2, 'execute_steps': 8, 'mode': 'sync',
        'identity': {'cell_sha256': 'd' * 64, 'precision': 'bf16', 'policy': 'b'}, 'source': 'b',
    }  # fmt: skip
    drawn = {'name': 'wide', 'sha256': 'b' * 64, 'difficulty': 0.5, 'values': {'mass': 1}}
    other = write_run(
        tmp_path / 'other',
        scenes(range(3), randomization=drawn, mujoco='3.0.0'),
        {**settings, **others},
    )
    (compared,) = compare_runs([run, other])
    assert compared.comparison.test == 'Barnard'
    assert set(compared.differences) == {
        'speed 1 against 0.1',
        'filter default against off',
        'latency_s 0.06 against 0.2',
        'execute_steps 4 against 8',
        'mode async against sync',
        'cell_sha256 cccccccc against dddddddd',
        'precision fp32 against bf16',
        'randomization none against wide',
        'randomization_sha256 aaaaaaaa against bbbbbbbb',
        'difficulty 1 against 0.5',
        'mujoco 4.0.0 against 3.0.0',
    }
    page = page_of(tmp_path, [run, other])
    assert 'differs also in: speed 1 against 0.1, filter default against off' in page


def test_real_runs_are_never_compared_by_number(tmp_path):
    settings = {'operator': 'A. Smith', 'policy': 'a'}
    one, other = (
        write_run(tmp_path / str(n), [episode(k, k < n) for k in range(20)], settings)
        for n in (6, 13)
    )
    (compared,) = compare_runs([one, other])
    assert (compared.comparison.test, compared.comparison.pairs) == ('Barnard', 0)
    assert compared.comparison.p_value == pytest.approx(0.0385, abs=1e-4)
    assert compared.remark == 'the same policy, a'


def test_a_run_and_its_copy_are_not_reported_together(run, tmp_path, capsys):
    assert main([str(run.folder), f'{run.folder}/../{run.folder.name}']) == 2
    assert f'{run.folder}: found twice; allowed: every run once' in capsys.readouterr().err
    copy = tmp_path / 'copy'
    copy.mkdir()
    (copy / 'summary.json').write_bytes((run.folder / 'summary.json').read_bytes())
    assert main([str(run.folder), str(copy)]) == 2
    assert f'{copy} is a copy of {run.folder}; allowed' in capsys.readouterr().err
    assert not (run.folder / 'report.html').exists()


def test_runs_of_one_name_in_two_folders_are_two_runs(tmp_path):
    runs = [write_run(tmp_path / k / 'run', [episode(0, k == 'a')]) for k in ('a', 'b', 'c')]
    assert len(compare_runs(runs)) == 2
    recorded = RecordedRun({0: RecordedEpisode(DRAWING)})
    page = page_of(tmp_path, runs, recorded, NOTHING, NOTHING)
    assert page.count('Joints of seed 0') == 2  # as text, and for those who cannot see it
    assert 'id="run-1-episode-1"' in page
    assert 'run-2-episode-1' not in page


def test_interventions_are_counted_by_reason_when_they_begin(run, tmp_path):
    limit = Reason('velocity panda_joint2', ReasonCode.VELOCITY)
    verdicts = [(Verdict.PASS, NO_REASON)] * 3 + [(Verdict.CLAMP, limit)] * 4
    late = [Reason(f'cycle took {ms} ms', ReasonCode.OVERRUN) for ms in (61, 74)]
    verdicts += [(Verdict.STOP, reason) for reason in late] + verdicts[:5]
    home = JointSample(0, np.zeros(8), np.zeros(8))
    cycles = [Cycle(k, None, None, home, *said) for k, said in enumerate(verdicts)]
    counts = count_interventions(cycles)
    assert counts == {'clamp: velocity panda_joint2': 2, 'stop: overrun': 1}
    recorded = RecordedRun({k: RecordedEpisode(DRAWING, counts) for k in (0, 8)})
    page = page_of(tmp_path, [run], recorded)
    assert '<td>clamp: velocity panda_joint2</td><td>4</td>' in page


def test_the_checklist_before_the_runs_is_on_the_page(run, tmp_path):
    findings = [
        measured('disk', True, '30 GB', '>= 20 GB', ''),
        skipped('robot', 'no', 'yes', 'x'),
    ]
    write_checklist(tmp_path, findings, {}, None)
    again = read_checklist(tmp_path / 'preflight.json')
    assert again == findings
    page = page_of(tmp_path, [run], checklist=again)
    assert '<td>30 GB</td>' in page
    with pytest.raises(VlaError, match='not what preflight writes'):
        read_checklist(tmp_path / 'report.html')


def test_junit_has_a_case_per_episode(run, tmp_path):
    write_junit(tmp_path / 'report.xml', [run])
    suite = ElementTree.parse(tmp_path / 'report.xml').getroot()[0]
    assert (suite.get('tests'), suite.get('failures')) == ('10', '2')
    failure = suite[8].find('failure')
    assert failure.get('message') == 'wild oscillation: <joints> shake'
    assert failure.text == '1.20 s: wild oscillation: <joints> shake'


@pytest.mark.parametrize(
    ('text', 'problem'),
    [
        ('{}', 'found nothing; allowed: what vla rollout run, vla demo, vla sim run, vla sim run'),
        ('[1]', 'found list; allowed: names and values'),
        ('{"settings": 1, "results": []}', 'settings: found int; allowed: names and values'),
        ('{"settings": {}, "results": []}', 'no episode finished'),
        ('{"settings": {}, "results": 5}', 'results: found int; allowed: a list'),
        ('{"settings": {}, "results": [{"seed": 1}]}', 'results.0..success: found nothing'),
        ('{"settings": {}, "rows": [{"policy": 1}]}', 'rows.0..policy: found int; allowed: str'),
        ('{"settings": {}, "as_drawn": {"results": []}}', 'swapped: found NoneType'),
        ('{"settings": ' + '{"a": ' * 200_000, 'found no readable JSON'),
        ('\udcff', 'found no readable JSON'),
    ],
)
def test_a_damaged_run_is_refused_by_one_sentence(tmp_path, text, problem):
    (tmp_path / 'summary.json').write_bytes(text.encode(errors='surrogateescape'))
    with pytest.raises(VlaError, match=problem):
        load_run(tmp_path)


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('seed', '<script>'),
        ('seed', 1.5),
        ('success', 'yes'),
        ('duration_s', float('nan')),
        ('duration_s', 10**400),
        ('alarms', 'none'),
        ('video', {}),
    ],
)
def test_a_value_that_is_no_such_thing_is_refused(tmp_path, name, value):
    with pytest.raises(VlaError, match='summary.json: ') as refused:
        write_run(tmp_path, [episode(0, True), {**episode(1, True), name: value}])
    assert name in str(refused.value) or 'too large' in str(refused.value)


def test_a_run_that_is_not_there_is_said_with_the_one_that_was_meant(run, tmp_path):
    with pytest.raises(VlaError, match='run not found: .*; did you mean 20261122-demo'):
        load_run(tmp_path / '20261122-demu')
    os.remove(run.folder / 'summary.json')
    (run.folder / 'journal.jsonl').write_text('{}\n')
    with pytest.raises(VlaError, match='the run has not ended; the command .* with --resume'):
        load_run(run.folder)


def test_an_episode_is_drawn_with_effort_and_alarms():
    cell = load_cell('panda_table')
    home = cell.home
    cycles = [
        Cycle(
            k * 10_000_000,
            Desired(home, np.zeros(8), k * 10_000_000) if k > 3 else None,
            home,
            JointSample(k * 10_000_000, home, np.zeros(8), np.ones(8)),
            Verdict.PASS,
            NO_REASON,
        )
        for k in range(50)
    ]
    without, with_one, beyond = (draw_episode(cell, cycles, at) for at in ([], [0.2], [1e300]))
    assert without.startswith('<svg ')
    assert all(f'{name}<' in without for name in ('pass', 'clamp', 'hold', 'stop', '[rad]'))
    assert with_one != without
    assert beyond == without


def test_a_failed_run_says_once_per_cause_what_was_seen_and_what_to_do(tmp_path):
    named = {
        'failure_mode': 'frozen',
        'failure_cause': 'refused',
        'advice': 'compare units <now>',
        'alarms': ['0.51 s: frozen: refuses (jump joint2 of 2.46; refused 0.6 > 0.5 s)'],
    }
    settings = {'diagnosis': 'not learned: learn with: vla rollout learn-thresholds'}
    rows = [episode(k, k == 0, **(named if k else {})) for k in range(3)]
    page = page_of(tmp_path, [write_run(tmp_path / 'a', rows, settings)])
    assert page.count('compare units &lt;now&gt;') == 1
    assert 'jump joint2 of 2.46' in page
    assert 'docs/failures.md' in page
    assert 'failure diagnosis: not learned: learn with: vla rollout learn-thresholds' in page
