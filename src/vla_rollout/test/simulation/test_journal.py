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

    def stops_at_2(function, items):
        for item in items:
            if item == 2 and not ran[2:]:
                raise KeyboardInterrupt
            ran.append(item)
            yield function(item)

    with pytest.raises(KeyboardInterrupt):
        list(journal.through(stops_at_2)(of_seed, range(4)))
    with (tmp_path / 'journal.jsonl').open('a') as file:
        file.write('{"half of a li')
    again = Journal.resume(tmp_path, FACTS)
    assert arguments_of(tmp_path) == ['--episodes', '4']
    assert again.results == [of_seed(0), of_seed(1)]
    assert list(again.through(map)(of_seed, range(4))) == [of_seed(i) for i in range(4)]
    assert Journal.resume(tmp_path, FACTS).results == [of_seed(i) for i in range(4)]


def test_a_run_goes_on_with_the_robot_and_the_policy_it_began_with(tmp_path):
    Journal.begin(tmp_path, [], FACTS)
    with pytest.raises(VlaError, match='policy_sha256 changed meanwhile; begin a new run'):
        Journal.resume(tmp_path, {**FACTS, 'policy_sha256': 'c'})


def test_a_folder_without_a_journal_is_refused(tmp_path, capsys):
    assert main(['--resume', str(tmp_path)]) == 2
    assert (
        'found no journal.jsonl; --resume takes the folder of a sim run' in capsys.readouterr().err
    )


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
