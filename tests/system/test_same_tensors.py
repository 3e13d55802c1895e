"""The policy is served exactly the tensors that it would be trained on."""

import numpy as np
import pytest

pytest.importorskip('rclpy')

from lerobot.datasets import LeRobotDataset
import torch
from vla_contract.deployment.deployment import load_deployment
from vla_contract.joints.joint_messages import JointReader
from vla_contract.ros.messages.images import image_from_msg, image_to_msg
from vla_contract.ros.messages.joints import joints_to_msg
from vla_contract.values import JointSample
from vla_finetune.act.demonstrations import load_demonstrations
from vla_lerobot.features import dataset_features, STATE
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.serving.observation_buffer import ObservationBuffer
from vla_sim_bridge.demonstrations.demonstrator import Demonstrator
from vla_sim_bridge.scene.world import World

DEPLOYMENT = load_deployment()
CELL = DEPLOYMENT.cell
CAMERA = DEPLOYMENT.policy.cameras[0]
TASK = 'lift the cube'


@pytest.fixture(scope='module')
def recorded(tmp_path_factory):
    """Record an episode; return the folder of the dataset, and what was seen frame by frame."""
    world = World(DEPLOYMENT)
    seen = []
    observe = world.observe

    def keep(render):
        seen.append(observe(render))
        return seen[-1]

    world.observe = keep
    frames = Demonstrator(world, noise_rad=0.015, missed_share=0.0).record(100_000).frames
    root = tmp_path_factory.mktemp('data') / 'lift'
    dataset = LeRobotDataset.create(
        'local/lift',
        round(DEPLOYMENT.policy.rate_hz),
        dataset_features(DEPLOYMENT),
        root,
        use_videos=False,
    )
    for frame in frames:
        dataset.add_frame(dict(frame))
    dataset.save_episode()
    dataset.finalize()
    return root, seen


def live(seen, buffer: ObservationBuffer):
    """Send an observation through messages and the node's buffer, joints in another order."""
    names = CELL.joint_names[::-1]
    sample = JointSample(seen.stamp_ns, seen.state[::-1], np.zeros(len(names)))
    joints = JointReader(CELL.joint_names, 'joint_states').sample(joints_to_msg(sample, names))
    image = image_from_msg(image_to_msg(seen.images['top'], seen.stamp_ns, 'camera'))
    buffer.add_joints(joints)
    buffer.add_image('top', seen.stamp_ns, image)
    return buffer.observe(seen.stamp_ns)


def test_dataset_training_simulation_and_live_give_the_same_tensors(recorded):
    root, seen = recorded
    policy = make_policy(DEPLOYMENT, 'cpu')
    preprocess = policy.checkpoint.preprocess
    buffer = ObservationBuffer(DEPLOYMENT, needs_images=True, extras=())
    buffer.instruction = TASK
    dataset = LeRobotDataset('local/lift', root=root)
    training = load_demonstrations(root, DEPLOYMENT, floor=0.01)
    for index in range(0, len(seen), 5):
        item, batch = dataset[index], training.batch(torch.tensor([index]), chunk=1)
        served = policy.prepare(live(seen[index], buffer))
        simulated = policy.prepare(seen[index])
        from_dataset = preprocess({STATE: item[STATE], CAMERA.feature: item[CAMERA.feature]})
        from_training = preprocess({STATE: batch[STATE], CAMERA.feature: batch[CAMERA.feature]})
        for key in (STATE, CAMERA.feature):
            for other in (simulated, from_dataset, from_training):
                assert torch.equal(served[key], other[key]), f'{key} of frame {index}'
