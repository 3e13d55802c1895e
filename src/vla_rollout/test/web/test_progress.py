from dataclasses import replace

import pytest
from vla_rollout.episodes.control import Phase
from vla_rollout.episodes.episode import EpisodeResult
from vla_rollout.web.progress import RunProgress

DONE = EpisodeResult(0, True, 'success', 2.0, 0, 5, 60.0, 90.0)


def test_a_run_begins_with_its_first_episode_and_no_rate():
    facts = RunProgress(5).facts(Phase.BUSY)
    assert facts == {'episode': 1, 'episodes': 5, 'rate': '', 'said': '', 'finished': ''}


def test_episodes_that_do_not_count_neither_count_nor_change_the_rate():
    progress = RunProgress(5)
    failed = replace(DONE, success=False)
    progress.take([DONE, replace(DONE, is_counted=False), failed])
    facts = progress.facts(Phase.RUNNING)
    assert facts['episode'] == 3
    assert facts['rate'].startswith('1/2 (50%, 95 % interval')
    progress.take([DONE] * 5)
    assert progress.facts(Phase.BUSY)['episode'] == 5


@pytest.mark.parametrize('phase', [Phase.READY, Phase.PAUSED, Phase.ENDED])
def test_what_was_asked_for_is_said_until_it_comes(phase):
    progress = RunProgress(5)
    progress.say('place the object, then start', phase)
    assert progress.facts(phase)['said'] == 'place the object, then start'
    assert progress.facts(Phase.RUNNING)['said'] == ''
    progress.say('episode 1/5', Phase.BUSY)
    progress.say('', Phase.RUNNING)
    assert progress.facts(Phase.RUNNING)['said'] == 'episode 1/5'
