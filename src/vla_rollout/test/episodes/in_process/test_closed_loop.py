from dataclasses import replace

import numpy as np
import pytest
from vla_action_filter.config import FilterConfig
from vla_contract.deployment.deployment import load_deployment
from vla_contract.values import ActionChunk, to_ns
from vla_policy_server.backends.registry import make_policy
from vla_rollout.diagnosis.alarm import naming_alarm
from vla_rollout.diagnosis.diagnosis import diagnosis_of
from vla_rollout.episodes.episode import episode_line
from vla_rollout.episodes.in_process.closed_loop import ClosedLoop
from vla_rollout.simulation.domains import load_domain
from vla_sim_bridge.scene.world import World
import yaml

DEPLOYMENT = load_deployment('panda_lift_cube')
CELL = DEPLOYMENT.cell


@pytest.fixture(scope='module')
def world() -> World:
    return World(DEPLOYMENT)


def make_loop(world, policy, latency_s=0.06, **settings) -> ClosedLoop:
    return ClosedLoop(world, policy, FilterConfig(), settings.pop('execute_steps', 4), latency_s,
                      **settings)  # fmt: skip


@pytest.fixture(scope='module')
def expert():
    return make_policy(load_deployment(backend='scripted'), 'cpu')


def test_the_expert_succeeds_through_session_and_filter(world, expert):
    loop = make_loop(world, expert)
    results = [loop.run(seed) for seed in range(10)]
    assert sum(result.success for result in results) >= 9
    assert {result.termination for result in results} <= {'success', 'timeout'}
    assert all(result.chunks > 2 for result in results)


@pytest.mark.parametrize('edge_m', [0.03, 0.05])
def test_the_expert_lifts_a_cube_of_another_size(edge_m, tmp_path):
    own = {'cell': 'panda_table', 'policy': 'panda_lift_act', 'task': 'lift_cube'}
    own |= {
        'schema': 1,
        'name': 'own',
        'overrides': {'task.simulation.objects.cube.size_m': [edge_m] * 3},
    }
    path = tmp_path / 'own.yaml'
    path.write_text(yaml.safe_dump(own))
    deployment = load_deployment(str(path), backend='scripted')
    loop = make_loop(World(deployment), make_policy(deployment, 'cpu'))
    assert sum(loop.run(seed).success for seed in range(4)) >= 3


def test_the_same_seed_gives_the_same_numbers(world, expert):
    loop = make_loop(world, expert)
    first = loop.run(3)
    loop.run(11)
    assert loop.run(3) == first
    again = make_loop(World(DEPLOYMENT), expert)
    assert again.run(3) == first


def test_the_world_moves_on_while_the_policy_thinks(world, expert):
    quick, slow = (make_loop(world, expert, latency_s=s).run(0) for s in (0.0, 0.4))
    assert quick.chunk_latency_p50_ms == 0.0
    assert slow.chunk_latency_p50_ms == 400.0
    assert slow.duration_s > quick.duration_s


def test_with_a_long_delay_async_never_starves_and_sync_stutters(world, expert):
    # Three periods fit twice into the expert's chunk of eight, with a frame to wait for.
    run, walk = (make_loop(world, expert, latency_s=0.3, mode=m).run(0) for m in ('async', 'sync'))
    assert run.success
    assert walk.success
    assert run.starved_periods == 0
    # It stands for at least the delay of three control periods at every chunk but the first.
    assert walk.starved_periods >= 3 * (walk.chunks - 1) > 0
    assert walk.duration_s > run.duration_s
    assert min(run.seams['seam_distance_p50_rad'], walk.seams['seam_distance_p50_rad']) > 0.0


def test_holding_still_ends_in_a_timeout_and_moves_nothing(world):
    result = make_loop(world, make_policy(load_deployment(backend='hold'), 'cpu')).run(0)
    assert not result.success
    assert result.termination == 'timeout'
    assert result.duration_s == pytest.approx(12.0, abs=0.02)
    home = np.array([result.manifest['values'][f'home.{n}']['value'] for n in
                     CELL.joint_names[:7]])  # fmt: skip
    assert world.joint_sample().position[:7] == pytest.approx(home, abs=0.005)


class Broken:
    needs_images = False
    needs_extras = ()

    def infer(self, observation):
        return ActionChunk(observation.stamp_ns, to_ns(0.1), np.full((16, 8), np.nan))

    def reset(self):
        pass


def test_a_policy_that_answers_nan_moves_nothing(world):
    world.reset(0)
    start = world.command
    result = make_loop(world, Broken()).run(0)
    assert not result.success
    assert result.chunks == 0
    assert result.failed_inferences > 1
    assert result.inference_failure == 'policy returned numbers that are not finite'
    assert world.command[:7] == pytest.approx(start[:7], abs=1e-3)


class InDegrees(Broken):
    def infer(self, observation):
        positions = np.tile(CELL.home, (16, 1))
        positions[:, :7] = np.degrees(positions[:, :7])
        return ActionChunk(observation.stamp_ns, to_ns(0.1), positions)


def test_a_chunk_that_the_filter_refuses_is_shown_to_the_diagnosis(world):
    diagnosis = diagnosis_of(DEPLOYMENT, None, None)
    result = make_loop(world, InDegrees(), observers=(diagnosis,)).run(0)
    assert result.termination == 'timeout'
    alarm = naming_alarm(diagnosis.alarms)
    assert alarm.cause.name == 'refused'
    assert alarm.evidence.endswith('it looks like degrees for radians')


def test_a_video_sees_every_frame(world, expert):
    frames = []
    result = make_loop(world, expert).run(0, lambda images: frames.append(images['top'].mean()))
    assert len(frames) == pytest.approx(result.duration_s * 15, abs=2)


def test_without_a_filter_the_plan_goes_to_the_world_as_it_is(world, expert):
    loop = ClosedLoop(world, expert, None, execute_steps=4, latency_s=0.06)
    result = loop.run(0)
    assert result.success
    assert result.added_lag_ms == pytest.approx(0.0, abs=1e-6)
    assert result.interventions == 0


def test_the_filter_neither_stops_nor_delays_a_good_policy_much(world, expert):
    result = make_loop(world, expert).run(0)
    assert result.stopped_cycles == 0
    assert abs(result.added_lag_ms) < 20.0
    assert result.added_lag_with_starts_ms > result.added_lag_ms


def test_at_a_tenth_of_the_speed_it_lifts_the_cube_later(world, expert):
    class Commands:
        def restart(self) -> None:
            self.positions: list[np.ndarray] = []

        def see_chunk(self, chunk) -> None:
            pass

        def see_cycle(self, cycle) -> None:
            self.positions.append(cycle.command[: len(CELL.arm)])

    commands = Commands()
    quick = make_loop(world, expert).run(0)
    slow = make_loop(world, expert, speed=0.1, observers=[commands]).run(0)
    assert slow.success
    assert slow.duration_s > 1.5 * quick.duration_s
    speeds = np.abs(np.diff(commands.positions, axis=0)) * CELL.rates.filter_hz
    limits = np.array([CELL.joints[i].velocity for i in CELL.arm])
    assert 0.99 < (speeds / limits).max() / 0.1 <= 1.0 + 1e-9


class TestNamedCube:
    """Two cubes, and an instruction that names one."""

    @pytest.fixture(scope='class')
    def named(self) -> World:
        return World(load_deployment('panda_lift_named_cube'))

    @pytest.fixture(scope='class')
    def expert(self):
        return make_policy(load_deployment('panda_lift_named_cube', backend='scripted'), 'cpu')

    def test_the_policy_hears_what_the_episode_says(self, named, expert):
        heard = []

        class Listener:
            needs_images, needs_extras = False, ()

            def infer(self, observation):
                heard.append(observation.instruction)
                return expert.infer(named.observe())

            def reset(self):
                pass

        loop = make_loop(named, Listener())
        said = [loop.run(seed).manifest['instruction'] for seed in range(4)]
        assert set(heard) == set(said)
        assert len(set(said)) > 1

    def test_lifting_the_other_cube_ends_the_episode_as_a_failure(self, named, expert):
        class Disobedient:
            needs_images, needs_extras = False, ()

            def infer(self, observation):
                (other,) = named.task.others
                pose = other.pose(named.data)
                return expert.infer(replace(observation, extras={'target_pose': pose}))

            def reset(self):
                pass

        results = [make_loop(named, Disobedient()).run(seed) for seed in range(3)]
        assert [result.termination for result in results] == ['wrong_object'] * 3
        assert not any(result.success for result in results)
        assert max(result.duration_s for result in results) < 8.0

    def test_a_replayed_manifest_is_the_same_episode(self, named, expert):
        loop = make_loop(named, expert)
        first = loop.run(5)
        assert loop.run(0, replay=first.manifest) == first


def test_a_latched_stop_ends_the_episode_and_says_why(world, expert):
    """No arm follows within a thousandth of a radian."""
    loop = ClosedLoop(world, expert, FilterConfig(tracking_error=0.001), 4, 0.06)
    result = loop.run(0)
    assert (result.success, result.termination) == (False, 'stopped')
    assert result.stop_cause.startswith('tracking error panda_joint')
    assert result.duration_s < 5.0
    assert 'safety stop: tracking error' in episode_line(1, 1, result)
    # The next one has a filter of its own.
    assert make_loop(world, expert).run(0).success


class Led:
    """A policy that goes where the images are bright."""

    needs_images = True
    needs_extras = ()

    def infer(self, observation):
        goal = observation.state + 0.1 * (observation.images['top'].mean() / 255.0 - 0.5)
        positions = np.linspace(observation.state, goal, 8)
        return ActionChunk(observation.stamp_ns, to_ns(0.1), positions)

    def reset(self):
        pass


def test_a_video_changes_nothing_however_late_the_images_are():
    deployment = load_deployment(overrides={'task.time_limit_s': 2.0})
    world = World(deployment, load_domain('tutorial'))
    loop = make_loop(world, Led())
    frames = []
    for seed in range(2):
        assert loop.run(seed, frames.append) == loop.run(seed)
    assert len(frames) > 40


class Looking:
    """A policy that keeps the stamps of what it saw."""

    needs_images = True
    needs_extras = ()

    def __init__(self) -> None:
        self.seen = []

    def reset(self) -> None:
        self.seen.clear()

    def infer(self, observation):
        self.seen.append(observation)
        return ActionChunk(observation.stamp_ns, 100_000_000, np.tile(observation.state, (8, 1)))


def test_a_late_image_is_the_one_that_arrives_when_an_inference_is_due():
    """The graph infers on the frame that has just come, not on one drawn when it was due."""
    world = World(DEPLOYMENT, load_domain('tutorial'))
    policy = Looking()
    result = make_loop(world, policy, latency_s=0.1).run(0)
    period_ns = round(1e9 / max(camera.rate_hz for camera in CELL.cameras))
    looks = world.appearance
    arrivals = [o.stamp_ns + looks.vision_latency_ns(o.stamp_ns) for o in policy.seen]
    assert len(arrivals) > 3
    # How old a chunk is: what images take to come is part of it.
    assert result.chunk_latency_p50_ms > 130.0
    assert max(np.diff(arrivals)) < 10 * period_ns
    # Of the frames that had come by then, each is the newest.
    for observation, arrival in zip(policy.seen, arrivals, strict=True):
        later_ns = observation.stamp_ns + period_ns
        assert later_ns + looks.vision_latency_ns(later_ns) > arrival
