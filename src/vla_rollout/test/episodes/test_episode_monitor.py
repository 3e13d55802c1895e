import numpy as np
from vla_rollout.episodes.monitor import EpisodeMonitor


class Film:
    def __init__(self) -> None:
        self.frames = 0

    def write(self, image) -> None:
        self.frames += 1


def test_an_episode_starts_from_zero():
    monitor = EpisodeMonitor()
    monitor.on_success(True)
    monitor.on_failure('wrong_object')
    assert (monitor.success, monitor.failure) == (True, 'wrong_object')
    monitor.on_chunk(5_000_000)
    monitor.on_counters({'interventions': 7})
    monitor.begin(None)
    monitor.on_counters({'interventions': 9})
    monitor.on_chunk(60_000_000)
    assert not monitor.success
    assert monitor.failure == ''
    assert monitor.chunks == 1
    assert monitor.latency_ms(50) == 60.0
    assert monitor.counters() == {'interventions': 2}


def test_counters_of_a_restarted_filter_are_taken_as_they_are():
    monitor = EpisodeMonitor()
    monitor.on_counters({'interventions': 100})
    monitor.begin(None)
    monitor.on_counters({'interventions': 3})
    assert monitor.counters() == {'interventions': 3}


def test_frames_go_to_the_video_of_the_running_episode_only():
    monitor, film = EpisodeMonitor(), Film()
    image = np.zeros((2, 2, 3), np.uint8)
    monitor.on_image(image)
    monitor.begin(film)
    monitor.on_image(image)
    monitor.end()
    monitor.on_image(image)
    assert film.frames == 1
