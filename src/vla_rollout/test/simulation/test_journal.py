from dataclasses import replace
import json

import pytest
from vla_contract.errors import VlaError
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.simulation import counted_runs
from vla_rollout.simulation.journal import arguments_of, Journal
from vla_rollout.simulation.simulate import main

FACTS = {'cell_sha256': 'a', 'policy_sha256': 'b'}
FIRST = EpisodeResult(
    0, True, 'success', 2.1, 0, 3, None, 0.1 + 0.2, {'cycles': 3}, manifest={'values': {'x': 1.0}}
)


def of_seed(seed: int) -> EpisodeResult:
    return replace(FIRST, seed=seed)


def test_what_was_done_is_not_done_again(tmp_path):
    journal = Journal.begin(tmp_path, ['--episodes', '4'], FACTS)
    ran: list[int] = []
    is_first_run = True

    def last_ones_first(function, items):
        for number, item in reversed(list(items)):
            if number == 1 and is_first_run:
                raise KeyboardInterrupt
            ran.append(item)
            yield number, function(item)

    with pytest.raises(KeyboardInterrupt):
        list(journal.through(last_ones_first)(of_seed, range(4)))
    with (tmp_path / 'journal.jsonl').open('a') as file:
        file.write('{"half of a li')
    again = Journal.resume(tmp_path, FACTS)
    assert arguments_of(tmp_path) == ['--episodes', '4']
    assert again.done == {3: of_seed(3), 2: of_seed(2)}
    is_first_run = False
    whole = [of_seed(i) for i in range(4)]
    assert list(again.through(last_ones_first)(of_seed, range(4))) == whole
    assert ran == [3, 2, 1, 0]
    assert Journal.resume(tmp_path, FACTS).done == dict(enumerate(whole))


def test_results_come_in_order_as_soon_as_they_can(tmp_path):
    journal = Journal.begin(tmp_path, [], FACTS)

    def map_finished(function, items):
        for number in (2, 0, 1):
            yield number, function(number)
            seen.append(number)

    seen: list[int] = []
    results = journal.through(map_finished)(of_seed, range(3))
    assert next(results).seed == 0
    assert seen == [2]
    assert [result.seed for result in results] == [1, 2]


@pytest.mark.parametrize('line', ['{"number": 0}', '[]', 'nonsense', '{"seed": 1}'])
def test_a_damaged_line_is_refused(tmp_path, line):
    Journal.begin(tmp_path, [], FACTS)
    with (tmp_path / 'journal.jsonl').open('a') as file:
        file.write(f'{line}\n')
    with pytest.raises(VlaError, match='line 2 is damaged; begin a new run'):
        Journal.resume(tmp_path, FACTS)


def test_a_run_goes_on_with_the_robot_and_the_policy_it_began_with(tmp_path):
    Journal.begin(tmp_path, [], FACTS)
    with pytest.raises(VlaError, match='policy_sha256 changed meanwhile; begin a new run'):
        Journal.resume(tmp_path, {**FACTS, 'policy_sha256': 'c'})


def test_a_folder_without_a_journal_is_refused(tmp_path, capsys):
    assert main(['--resume', str(tmp_path)]) == 2
    assert 'found no journal.jsonl; --resume takes the folder of a run' in capsys.readouterr().err


def test_an_interrupted_run_says_how_to_go_on_and_ends_as_one_that_was_not(
    tmp_path, monkeypatch, capsys
):
    arguments = ['--backend', 'scripted', '--episodes', '3']
    assert main([*arguments, '--workers', '1', '--runs', str(tmp_path / 'whole')]) == 0
    run_episode = counted_runs.run_episode

    def interrupted(job, videos):
        if job[1] == 1:
            raise KeyboardInterrupt
        return run_episode(job, videos)

    monkeypatch.setattr(counted_runs, 'run_episode', interrupted)
    assert main([*arguments, '--workers', '1', '--runs', str(tmp_path / 'halves')]) == 130
    (folder,) = (tmp_path / 'halves').glob('2*')
    assert f'1 episodes are done; go on: vla sim run --resume {folder}' in capsys.readouterr().err
    monkeypatch.undo()
    assert main(['--resume', str(folder)]) == 0
    whole, halves = (
        json.loads((tmp_path / name / 'latest' / 'summary.json').read_text())
        for name in ('whole', 'halves')
    )
    assert halves['results'] == whole['results']
