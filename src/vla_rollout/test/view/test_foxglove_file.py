"""A recording of a takeover for Foxglove: read by MCAP's reader, against the recording itself."""

import json
import struct

from filter_run import CAMERA, CELL
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
import numpy as np
import pytest
from vla_contract.kinematics.tool_kinematics import ToolKinematics
from vla_contract.recordings.recording import Recording
from vla_contract.recordings.testing import write_recording
from vla_rollout.view.foxglove.layout import EpisodeLayout
from vla_rollout.view.view_run import main

BASE = CELL.robot.model.base_frame


def export(recording, output, *more):
    assert main([str(recording), '--foxglove', '--output', str(output), *more]) == 0
    return json.loads(output.with_suffix('.layout.json').read_text())


@pytest.fixture(scope='module')
def shown(recording, tmp_path_factory):
    """The file, and the layout."""
    output = tmp_path_factory.mktemp('foxglove') / 'episode.mcap'
    return output, export(recording, output)


@pytest.fixture(scope='module')
def messages(shown):
    """Every message of the file by its topic, decoded by its definition, with its time."""
    return decoded(shown[0])


def decoded(path):
    found = {}
    with path.open('rb') as stream:
        reader = make_reader(stream, True, decoder_factories=[DecoderFactory()])
        for schema, channel, message, content in reader.iter_decoded_messages():
            assert (schema.encoding, channel.message_encoding) == ('ros2msg', 'cdr')
            found.setdefault(channel.topic, []).append((message.log_time, content))
    return found


def test_all_of_the_recording_is_in_it_byte_for_byte(recording, shown):
    before, after = Recording(recording), Recording(shown[0])
    names = {topic.name for topic in before.topics()}
    kept = [topic for topic in after.topics() if topic.name in names]
    assert kept == before.topics()
    assert list(after.messages(kept)) == list(before.messages(before.topics()))
    assert after.metadata('vla') == before.metadata('vla')
    assert not after.damages


def test_every_message_can_be_decoded_and_every_addition_has_the_type_that_foxglove_knows(shown):
    types = {topic.name: topic.type_name for topic in Recording(shown[0]).topics()}
    assert types['/tf'] == 'tf2_msgs/msg/TFMessage'
    assert types['/vla/log'] == 'rcl_interfaces/msg/Log'
    scenes = {types[f'/vla/{name}'] for name in ('robot', 'scene', 'chunk')}
    assert scenes == {'foxglove_msgs/msg/SceneUpdate'}
    assert set(decoded(shown[0])) == set(types)


def test_frames_are_where_another_kinematics_has_the_tool(recording, messages):
    joints = {ns(msg.header.stamp): msg.position for _, msg in messages['joint_states']}
    tool, kinematics = CELL.robot.tool, ToolKinematics(CELL)
    moved = 0.0
    for _, msg in messages['/tf']:
        frames = {one.child_frame_id: one for one in msg.transforms}
        at = frames[tool.frame]
        assert at.header.frame_id == BASE
        T = kinematics.poses(tool, np.array(joints[ns(at.header.stamp)]))
        place = at.transform.translation
        assert [place.x, place.y, place.z] == pytest.approx(T[:3, 3], abs=1e-9)
        # The hand is fixed to the flange, whatever the arm does.
        flange = frames['model/attachment'].transform.translation
        assert np.linalg.norm(T[:3, 3] - [flange.x, flange.y, flange.z]) == pytest.approx(
            0.156, abs=0.02
        )
        moved = max(moved, abs(place.y))
    assert moved > 0.05


def ns(stamp):
    return stamp.sec * 10**9 + stamp.nanosec


def test_every_body_has_its_shapes_in_a_frame_that_there_is(messages):
    [(_, scene)] = messages['/vla/robot']
    frames = {one.child_frame_id for _, msg in messages['/tf'] for one in msg.transforms}
    assert {entity.frame_id for entity in scene.entities} <= frames
    assert {f'model/link{k}' for k in range(8)} <= {e.frame_id for e in scene.entities}
    for entity in scene.entities:
        assert entity.frame_locked
        for model in entity.models:
            assert model.media_type == 'model/stl'
            (count,) = struct.unpack_from('<I', model.data, 80)
            assert count > 0
            assert len(model.data) == 84 + 50 * count


def test_each_frame_has_one_parent_and_leads_to_the_base(messages):
    for _, msg in messages['/tf']:
        parents = {one.child_frame_id: one.header.frame_id for one in msg.transforms}
        assert len(parents) == len(msg.transforms)
        for frame in parents:
            while frame in parents:
                frame = parents[frame]
            assert frame == BASE


def test_workspace_and_tool_paths_are_one_message_and_chunks_replace_one_another(messages):
    [(_, scene)] = messages['/vla/scene']
    tool = CELL.robot.tool.name
    assert {e.id for e in scene.entities} == {
        'workspace', 'surroundings', f'{tool} measured', f'{tool} sent',
    }  # fmt: skip
    assert {e.frame_id for e in scene.entities} == {BASE}
    [edges] = next(e for e in scene.entities if e.id == 'workspace').lines
    corners = np.array([[p.x, p.y, p.z] for p in edges.points])
    [box] = CELL.workspace.boxes
    assert corners.min(axis=0) == pytest.approx(box.lower)
    assert corners.max(axis=0) == pytest.approx(box.upper)
    assert len(corners) == 24
    chunks = [msg.entities[0] for _, msg in messages['/vla/chunk']]
    assert {entity.id for entity in chunks} == {f'{tool} chunk'}
    taken = [ns(msg.header.stamp) for _, msg in messages['policy_chunk']]
    assert [ns(entity.timestamp) for entity in chunks] == taken


def test_the_log_says_who_took_over(messages):
    texts = [msg.msg for _, msg in messages['/vla/log']]
    assert texts.index('a human commands arm') < texts.index('the policy commands')
    assert {msg.level for _, msg in messages['/vla/log']} <= {20, 30, 40}


def panels_of(layout, kind):
    return [c for name, c in layout['configById'].items() if name.startswith(f'{kind}!')]


def names_in(layout, node):
    """Return the names of the panels below a node of the layout, those of tabs too."""
    if isinstance(node, dict):
        assert 0 < node['splitPercentage'] < 100
        return names_in(layout, node['first']) + names_in(layout, node['second'])
    tabs = layout['configById'][node].get('tabs', []) if node.startswith('Tab!') else []
    return [node, *(name for tab in tabs for name in names_in(layout, tab['layout']))]


def test_every_panel_of_the_layout_is_shown_once(shown):
    layout = shown[1]
    assert sorted(names_in(layout, layout['layout'])) == sorted(layout['configById'])


def test_the_plots_show_the_joints_of_the_recording_with_their_limits(shown, messages):
    plots = panels_of(shown[1], 'Plot')
    assert [plot['foxglovePanelTitle'].split()[0] for plot in plots] == list(CELL.joint_names)
    for joint, plot in zip(CELL.joints, plots, strict=True):
        paths = {path['label']: path['value'] for path in plot['paths']}
        assert float(paths.pop('lower limit')) == pytest.approx(joint.lower, abs=1e-6)
        assert float(paths.pop('upper limit')) == pytest.approx(joint.upper, abs=1e-6)
        assert set(paths) == {'measured', 'desired', 'sent'}
        for value in paths.values():
            topic, _, field = value.partition('.position')
            _, msg = messages[topic][0]
            assert msg.name[int(field.strip('[]'))] == joint.name


def test_a_plot_follows_the_order_of_the_driver_and_not_that_of_the_cell(takeover, tmp_path):
    turned = []
    for time_ns, topic, message in takeover.messages:
        if topic == 'joint_states':
            lists = {key: message[key][::-1] for key in ('name', 'position', 'velocity')}
            turned.append((time_ns, '/left/joint_states', {**message, **lists}))
    write_recording(tmp_path / 'a.mcap', turned)
    path = tmp_path / 'a.mcap'
    layout = EpisodeLayout(path, CELL, Recording(path).topics()).build()
    values = [plot['paths'][0]['value'] for plot in panels_of(layout, 'Plot')]
    count = len(CELL.joints)
    assert values == [f'/left/joint_states.position[{count - 1 - k}]' for k in range(count)]


def test_images_states_space_and_log_name_topics_that_there_are(shown, messages):
    layout = shown[1]
    [image] = panels_of(layout, 'Image')
    assert image['imageMode'] == {'imageTopic': f'{CAMERA.topic}/image_raw'}
    [space] = panels_of(layout, '3D')
    assert space['followTf'] == BASE
    assert set(space['topics']) <= set(messages)
    [log] = panels_of(layout, 'RosOut')
    assert log['topicToRender'] in messages
    [states] = panels_of(layout, 'StateTransitions')
    assert states['paths'][0]['value'] == 'action_filter/status.message'
    keys = {pair.key for pair in messages['action_filter/status'][0][1].values}
    assert {'state', 'human'} <= keys
    assert not panels_of(layout, 'DiagnosticSummary')


def test_a_recording_with_frames_of_its_own_keeps_them_and_its_description(takeover, tmp_path):
    types = {'/tf': 'std_msgs/msg/String', '/robot_description': 'std_msgs/msg/String'}
    joints = [message for message in takeover.messages if message[1] == 'joint_states']
    own = [(joints[0][0], '/tf', {'data': 'frames'})]
    write_recording(tmp_path / 'a.mcap', [*joints, *own], types)
    export(tmp_path / 'a.mcap', tmp_path / 'b.mcap')
    found = decoded(tmp_path / 'b.mcap')
    assert [msg.data for _, msg in found['/tf']] == ['frames']
    assert '/vla/tf' in found
    described = [*own, (joints[0][0], '/robot_description', {'data': '<robot/>'})]
    write_recording(tmp_path / 'c.mcap', [*joints, *described], types)
    layout = export(tmp_path / 'c.mcap', tmp_path / 'd.mcap')
    found = decoded(tmp_path / 'd.mcap')
    assert not {'/vla/tf', '/vla/robot'} & set(found)
    assert '/robot_description' in panels_of(layout, '3D')[0]['topics']


def test_what_is_there_is_kept_unless_it_is_to_be_replaced(recording, shown, capsys):
    words = [str(recording), '--foxglove', '--output', str(shown[0])]
    assert main(words) == 2
    assert 'give --force to replace it' in capsys.readouterr().err
    before = shown[0].read_bytes()
    layout = shown[0].with_suffix('.layout.json')
    layout.write_text('old')
    assert main([*words, '--force']) == 0
    assert json.loads(layout.read_text()) == shown[1]
    assert len(shown[0].read_bytes()) == pytest.approx(len(before), rel=0.01)
    assert sorted(path.name for path in shown[0].parent.iterdir()) == [
        'episode.layout.json', 'episode.mcap',
    ]  # fmt: skip


def test_the_recording_itself_is_never_replaced(recording, capsys):
    before = recording.read_bytes()
    assert main([str(recording), '--foxglove', '--output', str(recording), '--force']) == 2
    assert 'the recording itself' in capsys.readouterr().err
    assert recording.read_bytes() == before


def test_without_a_file_to_write_it_says_so(recording, capsys):
    assert main([str(recording), '--foxglove']) == 2
    assert '--output' in capsys.readouterr().err
