"""A camera whose driver sends compressed images alone is heard by all who look at images."""

from dataclasses import replace

import pytest
import rclpy
from sensor_msgs.msg import CompressedImage
from vla_contract.deployment.cell import load_cell
from vla_contract.ros.messages.live_streams import live_streams
from vla_rollout.graph.ros.episode_topics import EpisodeTopics
from vla_rollout.preflight.ros.graph import PreflightGraph
from vla_rollout.recording.topics import recorded_topics

CELL = load_cell('panda_table')
CAMERA = replace(CELL.cameras[0], transport='compressed')
COMPRESSED = replace(CELL, cameras=(CAMERA,))
TOPIC = 'camera/color/image_raw/compressed'


@pytest.fixture
def node(ros):
    node = rclpy.create_node('listener')
    yield node
    node.destroy_node()


def heard(node) -> dict[str, type]:
    return {s.topic_name: s.msg_type for s in node.subscriptions if 'image_raw' in s.topic_name}


def test_the_video_of_a_rollout(node):
    EpisodeTopics(node, CAMERA)
    assert heard(node) == {f'/{TOPIC}': CompressedImage}


def test_the_rates_of_preflight(ros):
    graph = PreflightGraph(COMPRESSED)
    assert heard(graph) == {f'/{TOPIC}': CompressedImage}
    items = {item.name for item in graph.check_rates()}
    graph.destroy_node()
    assert f'rate of {TOPIC}' in items


def test_the_recorder():
    topics = recorded_topics(COMPRESSED, '')
    images = {name: kind for name, kind in topics.items() if 'image_raw' in name}
    assert images == {TOPIC: 'sensor_msgs/msg/CompressedImage'}


def test_the_web_page_and_the_diagnosis():
    streams = live_streams(COMPRESSED, with_images=True, topics=())
    assert {topic: kind for topic, (kind, _) in streams.items()} == {TOPIC: CompressedImage}
