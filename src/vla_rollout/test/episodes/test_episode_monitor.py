import threading

import numpy as np
from vla_contract.filter_status import FilterStatus, Verdict
from vla_rollout.episodes.monitor import EpisodeMonitor


class Film:
    def __init__(self) -> None:
        self.frames = 0
        self.gate = threading.Event()

    def write(self, image) -> None:
        self.gate.wait(60)
        self.frames += 1


def counted(counters):
    return FilterStatus(Verdict.PASS, counters=counters)


def test_an_episode_starts_from_zero():
    monitor = EpisodeMonitor()
    monitor.on_success(True)
    monitor.on_failure('wrong_object')
    assert (monitor.success, monitor.failure) == (True, 'wrong_object')
    monitor.on_chunk(5_000_000)
    monitor.on_status(counted({'interventions': 7}))
    monitor.begin(None)
    monitor.on_status(counted({'interventions': 9}))
    monitor.on_chunk(60_000_000)
    assert not monitor.success
    assert monitor.failure == ''
    assert monitor.chunks == 1
    assert monitor.latency_ms(50) == 60.0
    assert monitor.counters() == {'interventions': 2}


def test_counters_of_a_restarted_filter_are_taken_as_they_are():
    monitor = EpisodeMonitor()
    monitor.on_status(counted({'interventions': 100}))
    monitor.begin(None)
    monitor.on_status(counted({'interventions': 3}))
    assert monitor.counters() == {'interventions': 3}


def test_frames_go_to_the_video_of_the_running_episode_only():
    monitor, film = EpisodeMonitor(), Film()
    film.gate.set()
    image = np.zeros((2, 2, 3), np.uint8)
    monitor.on_image(image)
    monitor.begin(film)
    monitor.on_image(image)
    monitor.end()
    monitor.on_image(image)
    assert film.frames == 1


def test_frames_are_encoded_behind_whoever_brings_them():
    monitor, film = EpisodeMonitor(), Film()
    monitor.begin(film)
    for _ in range(5):
        monitor.on_image(np.zeros((2, 2, 3), np.uint8))
    assert film.frames == 0
    film.gate.set()
    monitor.end()
    assert (film.frames, monitor.bad_images) == (5, 0)


def test_frames_that_are_not_in_the_video_are_counted_with_the_first_reason():
    monitor, film = EpisodeMonitor(), Film()
    monitor.begin(film)
    for _ in range(100):
        monitor.on_image(np.zeros((2, 2, 3), np.uint8))
    film.gate.set()
    monitor.end()
    assert film.frames + monitor.bad_images == 100
    assert monitor.bad_image == '32 frames wait for the video encoder; more are dropped'


def test_a_dead_encoder_is_told_and_the_next_episode_is_filmed():
    monitor, film = EpisodeMonitor(), Film()

    def write(image):
        raise ValueError('no such codec')

    film.write = write
    monitor.begin(film)
    for _ in range(3):
        monitor.on_image(np.zeros((2, 2, 3), np.uint8))
    monitor.end()
    assert monitor.bad_images == 3
    assert monitor.bad_image == 'the video ended early: ValueError: no such codec'
    film = Film()
    film.gate.set()
    monitor.begin(film)
    monitor.on_image(np.zeros((2, 2, 3), np.uint8))
    monitor.end()
    assert (film.frames, monitor.bad_images) == (1, 0)
