"""What each command writes, read by the report; runs with recordings are in test/ros."""

from html import escape
import json
from xml.etree import ElementTree

import pytest
from vla_contract.page.testing import faults_of
from vla_rollout.report.report_runs import main
from vla_rollout.simulation import check_instruction, simulate

EXPERT = ['--backend', 'scripted', '--filter', 'off']


def reported(runs, command, arguments):
    """Run a command, then the report; return the page, suites of JUnit and the numbers."""
    assert command([*arguments, '--runs', str(runs)]) in (0, 1)
    folder = runs / 'latest'
    assert main([str(folder), '--json', str(runs / 'r.json')]) == 0
    (numbers,) = json.loads((runs / 'r.json').read_text())['runs']
    suites = list(ElementTree.parse(folder / 'report.junit.xml').getroot())
    return (folder / 'report.html').read_text(), suites, numbers


@pytest.mark.parametrize('video', [[], ['--video']], ids=['without', 'with video'])
def test_sim_run(tmp_path, video):
    page, (suite,), numbers = reported(
        tmp_path, simulate.main, [*EXPERT, '--episodes', '2', '--workers', '1', *video]
    )
    assert 'success 2/2 (100%' in page
    assert page.count('data:video/mp4;base64,') == (2 if video else 0)
    assert page.count('<a href="#run-1-episode-') == (2 if video else 0)
    assert suite.get('tests') == '2'
    assert numbers['outcomes'] == {'success': 2}


def test_sim_run_that_fails_is_told_by_one_cause(tmp_path):
    page, (suite,), numbers = reported(
        tmp_path,
        simulate.main,
        ['--backend', 'hold', '--filter', 'off', '--episodes', '1', '--workers', '1'],
    )
    (row,) = numbers['results']
    assert suite[0].find('failure').get('message') == row['cause']
    assert f'<span class="no">{escape(row["cause"])}</span>' in page
    assert row['outcome'] in ('timeout', 'frozen')


@pytest.mark.parametrize('compare', [[], ['--compare', 'hold']], ids=['one', 'two policies'])
def test_sweep(tmp_path, compare):
    sweep = ['--sweep', 'none', 'tutorial', '--episodes', '2', '--workers', '1', *compare]
    expert = ['--policy', 'scripted', '--filter', 'off']
    page, suites, numbers = reported(tmp_path, simulate.main, [*expert, *sweep])
    policies = 2 if compare else 1
    assert len(suites) == len(numbers['rows']) == 2 * policies
    assert page.count('<tr><td>scripted</td>') == page.count('2/2 (100%') == 2
    assert page.count('<tr><td>hold</td>') == page.count('0/2 (0%') == 2 * (policies - 1)
    assert page.count('(exact McNemar of 2 pairs)') == 2 * (policies - 1)
    assert page.count('<svg role="img"') == 1
    assert page.count('>n 2</text>') == 2 * policies
    assert ('Second policy minus first' in page) == bool(compare)
    assert len(numbers['differences']) == (2 if compare else 0)


def test_sweep_says_why_episodes_failed(tmp_path):
    page, (suite,), numbers = reported(
        tmp_path,
        simulate.main,
        ['--backend', 'hold', '--filter', 'off', '--sweep', 'none', '--episodes', '1',
         '--workers', '1'],
    )  # fmt: skip
    (row,) = numbers['rows']
    (mode,) = row['outcomes']
    assert f'<td>1 {mode}</td><td>0</td>' in page
    assert suite[0].find('failure').get('message') == row['results'][0]['cause']
    summary = json.loads((tmp_path / 'latest' / 'summary.json').read_text())
    assert summary['rows'][0]['outcomes'] == row['outcomes']


def test_check_instruction(tmp_path):
    page, suites, numbers = reported(
        tmp_path, check_instruction.main, [*EXPERT, '--episodes', '2']
    )
    assert 'both instructions obeyed in 2 of 2 scenes' in page
    assert page.count('<td>as drawn</td>') == page.count('<td>swapped</td>') == 3
    assert [suite.get('tests') for suite in suites] == ['2', '2']
    assert numbers['as_drawn']['lifted'] == numbers['swapped']['lifted'] == {'named': 2}


def test_a_policy_that_lifts_nothing_fails_every_instruction(tmp_path):
    page, suites, numbers = reported(
        tmp_path, check_instruction.main, ['--backend', 'hold', '--episodes', '1']
    )
    assert 'both instructions obeyed in 0 of 1 scenes' in page
    assert [suite.get('failures') for suite in suites] == ['1', '1']
    assert numbers['swapped']['results'][0]['outcome'] == 'timeout'


def test_runs_of_every_kind_on_one_page(tmp_path):
    arguments = [*EXPERT, '--episodes', '1', '--runs', str(tmp_path)]
    assert simulate.main([*arguments, '--workers', '1']) == 0
    assert simulate.main([*arguments, '--workers', '1', '--sweep', 'none']) == 0
    assert check_instruction.main(arguments) == 0
    folders = sorted(str(path) for path in tmp_path.iterdir() if not path.is_symlink())
    assert main([*folders, '--output', str(tmp_path / 'page')]) == 0
    page = (tmp_path / 'page' / 'report.html').read_text()
    assert faults_of(tmp_path / 'page' / 'report.html') == []
    assert '<h1>3 runs</h1>' in page
    assert page.count('<h3>Settings</h3>') == 3
