from dataclasses import replace

import numpy as np
from policy_changes import with_policy
import pytest
from vla_contract.errors import ContractError
from vla_contract.values import JointSample, to_ns
from vla_policy_server.serving.observation_buffer import ObservationBuffer

IMAGE = np.zeros((384, 384, 3), np.uint8)
T0 = to_ns(5.0)


def sample(stamp_ns: int, value: float) -> JointSample:
    return JointSample(stamp_ns, np.full(8, value), np.zeros(8))


@pytest.fixture
def buffer(deployment) -> ObservationBuffer:
    buffer = ObservationBuffer(deployment, needs_images=True, extras=())
    buffer.instruction = 'lift the cube'
    return buffer


def test_joints_are_interpolated_to_the_images_time(buffer):
    for k in range(5):
        buffer.add_joints(sample(T0 + to_ns(0.01 * k), float(k)))
    buffer.add_image('top', T0 + to_ns(0.025), IMAGE)
    observation = buffer.observe(T0 + to_ns(0.05))
    assert observation.stamp_ns == T0 + to_ns(0.025)
    assert observation.state == pytest.approx(np.full(8, 2.5))
    assert observation.instruction == 'lift the cube'


def test_an_image_newer_than_the_joints_takes_the_newest(buffer):
    buffer.add_joints(sample(T0, 1.0))
    buffer.add_image('top', T0 + to_ns(0.01), IMAGE)
    assert buffer.observe(T0 + to_ns(0.02)).state[0] == 1.0


def test_a_missing_camera_is_named(buffer):
    buffer.add_joints(sample(T0, 1.0))
    assert buffer.observe(T0) == 'no image from camera top'


def test_a_stale_camera_is_named_with_its_age(buffer):
    buffer.add_joints(sample(T0 + to_ns(0.6), 1.0))
    buffer.add_image('top', T0, IMAGE)
    assert buffer.observe(T0 + to_ns(0.6)) == 'image of camera top is 600 ms old'


def test_missing_and_stale_joints_are_named(buffer):
    buffer.add_image('top', T0, IMAGE)
    assert buffer.observe(T0) == 'no joint_states'
    buffer.add_joints(sample(T0 - to_ns(0.3), 1.0))
    assert buffer.observe(T0) == 'joint_states stale'


def test_after_clear_only_newer_captures_count(buffer):
    buffer.clear(T0)
    buffer.add_joints(sample(T0 - 1, 1.0))
    buffer.add_image('top', T0 - 1, IMAGE)
    assert buffer.observe(T0) == 'no image from camera top'
    buffer.add_image('top', T0, IMAGE)
    buffer.add_joints(sample(T0, 1.0))
    assert buffer.observe(T0).stamp_ns == T0


def test_out_of_order_joints_are_dropped(buffer):
    buffer.add_joints(sample(T0, 1.0))
    buffer.add_joints(sample(T0 - 5, 9.0))
    buffer.add_image('top', T0, IMAGE)
    assert buffer.observe(T0).state[0] == 1.0


def test_joints_of_the_same_time_with_a_newer_gripper_replace_the_older(buffer):
    buffer.add_joints(sample(T0, 1.0))
    buffer.add_joints(sample(T0, 2.0))
    buffer.add_image('top', T0, IMAGE)
    assert buffer.observe(T0).state[0] == 2.0


def test_a_policy_without_images_needs_none(deployment):
    buffer = ObservationBuffer(deployment, needs_images=False, extras=('cube_pose',))
    buffer.add_joints(sample(T0, 1.0))
    assert buffer.observe(T0) == 'no cube_pose from the simulator'
    buffer.add_extra('cube_pose', T0, np.zeros(7))
    assert buffer.observe(T0).images == {}


def test_joints_are_those_of_the_time_at_which_the_cube_was_seen(deployment):
    buffer = ObservationBuffer(deployment, needs_images=False, extras=('cube_pose',))
    for k in range(5):
        buffer.add_joints(sample(T0 + to_ns(0.01 * k), float(k)))
    buffer.add_extra('cube_pose', T0 + to_ns(0.015), np.zeros(7))
    observation = buffer.observe(T0 + to_ns(0.04))
    assert observation.stamp_ns == T0 + to_ns(0.015)
    assert observation.state[0] == pytest.approx(1.5)


def test_a_cube_seen_long_ago_or_in_the_last_episode_is_not_used(deployment):
    buffer = ObservationBuffer(deployment, needs_images=False, extras=('cube_pose',))
    late = T0 + to_ns(deployment.cell.deadlines.image_age_s + 0.1)
    buffer.add_joints(sample(late, 1.0))
    buffer.add_extra('cube_pose', T0, np.zeros(7))
    assert buffer.observe(late).startswith('cube_pose from the simulator is ')
    buffer.clear(late)
    buffer.add_joints(sample(late, 1.0))
    buffer.add_extra('cube_pose', late - 1, np.zeros(7))
    assert buffer.observe(late) == 'no cube_pose from the simulator'


def test_an_image_of_another_size_is_refused_with_both_sizes(buffer):
    with pytest.raises(ContractError, match='top: found 640 x 480; allowed: 384 x 384'):
        buffer.add_image('top', T0, np.zeros((480, 640, 3), np.uint8))


@pytest.mark.parametrize(
    ('image_s', 'joint_s', 'said'),
    [
        (0.3, 0.0, 'image of camera top is 300 ms in the future; set the clocks of both machines'),
        (0.0, 0.3, 'joint_states 0.3 s in the future'),
    ],
)
def test_stamps_from_the_future_are_named(buffer, image_s, joint_s, said):
    buffer.add_joints(sample(T0 + to_ns(joint_s), 1.0))
    buffer.add_image('top', T0 + to_ns(image_s), IMAGE)
    assert buffer.observe(T0) == said


def test_a_stamp_a_little_ahead_is_a_clock_and_no_fault(buffer):
    buffer.add_joints(sample(T0 + to_ns(0.05), 1.0))
    buffer.add_image('top', T0 + to_ns(0.05), IMAGE)
    assert buffer.observe(T0).stamp_ns == T0 + to_ns(0.05)


def test_two_cameras_are_joined_at_the_older_one(deployment):
    cell, seen = deployment.cell, deployment.policy.cameras
    second = replace(cell.cameras[0], name='wrist')
    wrist = replace(seen[0], camera='wrist', feature='observation.images.wrist')
    both = replace(
        with_policy(deployment, cameras=(*seen, wrist)),
        cell=replace(cell, cameras=(*cell.cameras, second)),
    )
    buffer = ObservationBuffer(both, needs_images=True, extras=())
    for k in range(5):
        buffer.add_joints(sample(T0 + to_ns(0.01 * k), float(k)))
    buffer.add_image('top', T0 + to_ns(0.03), IMAGE)
    assert buffer.observe(T0 + to_ns(0.04)) == 'no image from camera wrist'
    buffer.add_image('wrist', T0 + to_ns(0.015), IMAGE)
    observation = buffer.observe(T0 + to_ns(0.04))
    assert observation.state[0] == pytest.approx(1.5)
    assert list(observation.images) == ['top', 'wrist']


def test_a_camera_that_the_policy_does_not_look_at_is_not_waited_for(deployment):
    cell = deployment.cell
    second = replace(cell.cameras[0], name='wrist')
    more = replace(deployment, cell=replace(cell, cameras=(*cell.cameras, second)))
    buffer = ObservationBuffer(more, needs_images=True, extras=())
    buffer.add_joints(sample(T0, 1.0))
    buffer.add_image('top', T0, IMAGE)
    buffer.add_image('wrist', T0, IMAGE)
    assert list(buffer.observe(T0).images) == ['top']


def looking_back(deployment, steps: int) -> ObservationBuffer:
    """Return a buffer after three images a period for a second, and joints at 100 Hz."""
    buffer = ObservationBuffer(deployment, needs_images=True, extras=(), earlier_steps=steps)
    buffer.instruction = 'lift the cube'
    for k in range(101):
        buffer.add_joints(sample(T0 + to_ns(0.01 * k), float(k)))
    for k in range(31):
        image = np.full((384, 384, 3), k, np.uint8)
        buffer.add_image('top', T0 + to_ns(k / 30), image)
    return buffer


def test_earlier_observations_are_a_period_apart_each_with_its_own_state(deployment):
    observation = looking_back(deployment, 3).observe(T0 + to_ns(1.0))
    assert [seen.images['top'][0, 0, 0] for seen in observation.earlier] == [21, 24, 27]
    assert observation.images['top'][0, 0, 0] == 30
    for seen in (*observation.earlier, observation):
        assert seen.state == pytest.approx(np.full(8, (seen.stamp_ns - T0) / 1e7), abs=1e-6)
        assert seen.instruction == 'lift the cube'
        assert seen is observation or seen.earlier == ()


def test_after_clear_the_first_image_stands_for_all_earlier_ones(deployment):
    buffer = looking_back(deployment, 2)
    buffer.clear(T0 + to_ns(1.0))
    buffer.add_joints(sample(T0 + to_ns(1.01), 5.0))
    buffer.add_image('top', T0 + to_ns(1.01), IMAGE)
    observation = buffer.observe(T0 + to_ns(1.02))
    assert [seen.stamp_ns for seen in observation.earlier] == [observation.stamp_ns] * 2
    assert all((seen.state == observation.state).all() for seen in observation.earlier)


def test_a_gap_in_what_was_seen_earlier_is_named(deployment):
    buffer = looking_back(deployment, 1)
    late = T0 + to_ns(2.0)
    buffer.add_joints(sample(late, 1.0))
    buffer.add_image('top', late, IMAGE)
    assert buffer.observe(late) == 'no image from camera top 100 ms before its last'


def test_a_policy_that_does_not_look_back_gets_nothing_earlier(deployment):
    assert looking_back(deployment, 0).observe(T0 + to_ns(1.0)).earlier == ()


def test_states_alone_are_looked_back_at_too(deployment):
    buffer = ObservationBuffer(deployment, needs_images=False, extras=(), earlier_steps=2)
    for k in range(1000):  # joints at 1 kHz
        buffer.add_joints(sample(T0 + to_ns(0.001 * k), float(k)))
    observation = buffer.observe(T0 + to_ns(0.999))
    assert [seen.state[0] for seen in observation.earlier] == pytest.approx([799, 899])
