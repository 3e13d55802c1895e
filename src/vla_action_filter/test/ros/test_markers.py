import numpy as np
import pytest
import rclpy
from visualization_msgs.msg import Marker
from vla_action_filter.ros.markers import MarkerPublisher
from vla_action_filter.verdict import FilterResult, State
from vla_contract.deployment.cell import load_cell
from vla_contract.filter_status import Verdict
from vla_contract.values import ActionChunk, to_ns

CELL = load_cell('panda_table')


@pytest.fixture
def picture(ros):
    node = rclpy.create_node('painter')
    markers = MarkerPublisher(node, CELL)
    published = []
    markers._publisher = type('Spy', (), {'publish': staticmethod(published.append)})

    def draw(reasons, chunk=None):
        result = FilterResult(CELL.home, Verdict.CLAMP, reasons, State.ACTIVE)
        markers.publish(to_ns(1.0), result, chunk)
        return {(m.ns, m.id): m for m in published[-1].markers}

    yield draw
    node.destroy_node()


def test_the_picture_has_workspace_chunk_path_limited_points_and_reason(picture):
    chunk = ActionChunk(0, to_ns(0.1), np.tile(CELL.home, (5, 1)))
    picture(('table finger_left',), chunk)
    markers = picture(('table finger_left',), chunk)
    assert len(markers['workspace', 0].points) == 24
    assert len(markers['chunk', 0].points) == 5
    assert len(markers['filtered', 0].points) == 2
    assert len(markers['limited', 0].points) == 1
    assert markers['reason', 0].text == 'active: table finger_left'
    assert {m.header.frame_id for m in markers.values()} == {'panda_link0'}


def test_what_is_empty_is_taken_off_the_screen(picture):
    markers = picture(())
    assert markers['chunk', 0].action == Marker.DELETE
    assert markers['limited', 0].action == Marker.DELETE
