"""A recording of a takeover in Rerun: read back by Rerun's reader, against the MCAP's messages."""

from io import BytesIO
import sys

from filter_run import CAMERA, CELL, DEPLOYMENT, eventful_run, picture
import numpy as np
import pytest

pytest.importorskip('rerun', reason='pip install rerun-sdk')

from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
from PIL import Image
import pinocchio
import rerun
from rrd_contents import RrdContents
from vla_contract.kinematics.arm_model import arm_order, body_frame, load_arm_model
from vla_contract.kinematics.tool_kinematics import ToolKinematics
from vla_contract.recordings.testing import header, write_recording
from vla_rollout.view.rerun.library import VERSION
from vla_rollout.view.view_run import main


def export(recording, folder, *more):
    output = folder / 'episode.rrd'
    assert main([str(recording), '--rerun', '--output', str(output), *more]) == 0
    return RrdContents(output)


@pytest.fixture(scope='module')
def contents(recording, tmp_path_factory):
    return export(recording, tmp_path_factory.mktemp('rrd'))


def messages_of(recording, topic):
    """Return stamp and message of a topic, by MCAP's own reader."""
    with recording.open('rb') as stream:
        reader = make_reader(stream, decoder_factories=[DecoderFactory()])
        for *_, message in reader.iter_decoded_messages(topics=[topic]):
            stamp = message.header.stamp
            yield stamp.sec * 10**9 + stamp.nanosec, message


@pytest.mark.parametrize(
    ('topic', 'curve'),
    [('joint_states', 'measured'), ('action_filter/action', 'sent'),
     ('action_filter/desired', 'desired')],
)  # fmt: skip
def test_every_joint_has_the_numbers_of_the_recording(recording, contents, topic, curve):
    rows = [(ns, msg.position) for ns, msg in messages_of(recording, topic) if msg.position]
    assert len(rows) > 100
    for index, name in enumerate(CELL.joint_names):
        times, values = contents.numbers(f'joints/{name}/{curve}', 'Scalars:scalars')
        assert times.tolist() == [ns for ns, _ in rows]
        assert values[:, 0].tolist() == [position[index] for _, position in rows]


def test_limits_are_those_of_the_cell_from_the_first_to_the_last_measurement(contents):
    for joint in CELL.joints:
        for end in ('lower', 'upper'):
            times, values = contents.numbers(f'joints/{joint.name}/{end}', 'Scalars:scalars')
            assert values[:, 0].tolist() == [getattr(joint, end)] * 2
        measured, _ = contents.numbers(f'joints/{joint.name}/measured', 'Scalars:scalars')
        assert times.tolist() == [measured[0], measured[-1]]
        speeds = contents.numbers(f'velocities/{joint.name}/upper', 'Scalars:scalars')[1]
        assert speeds[0, 0] == joint.velocity
    assert not [path for path in contents.batches if path.startswith('efforts')]


def test_curves_say_their_unit(contents):
    [names] = [
        batch.column(name).to_pylist()[0]
        for batch in contents.batches['joints/panda_joint1/measured']
        for name in batch.schema.names
        if name.endswith('SeriesLines:names')
    ]
    assert names == ['measured [rad]']


def test_images_are_the_pixels_of_the_recording_at_their_capture_time(recording, contents):
    [path] = [path for path in contents.batches if path.endswith(f'/{CAMERA.name}')]
    times, blobs = contents.column(path, 'Image:buffer')
    sent = list(messages_of(recording, f'{CAMERA.topic}/image_raw'))
    assert times.tolist() == [ns for ns, _ in sent]
    for blob, (_, msg) in list(zip(blobs, sent, strict=True))[::10]:
        assert bytes(blob[0]) == bytes(msg.data)


def test_bodies_are_where_pinocchio_has_them(recording, contents):
    measured = dict(messages_of(recording, 'joint_states'))
    model = load_arm_model(CELL)
    data, q = model.createData(), pinocchio.neutral(model)
    for body in ('link3', 'link6'):
        path = f'world/robot/{body}'
        times, places = contents.numbers(path, 'Transform3D:translation')
        _, turns = contents.numbers(path, 'Transform3D:quaternion')
        assert len(times) > 40
        for ns, place, turn in zip(times, places, turns, strict=True):
            q[arm_order(model, CELL)] = np.array(measured[ns].position)[list(CELL.arm)]
            pinocchio.forwardKinematics(model, data, q)
            found = pinocchio.updateFramePlacement(model, data, body_frame(model, body))
            assert place == pytest.approx(found.translation, abs=1e-6)
            assert rotation_of(turn) == pytest.approx(found.rotation, abs=1e-6)


def test_the_tool_goes_where_the_arm_leads_it(recording, contents):
    measured = dict(messages_of(recording, 'joint_states'))
    tool, kinematics = CELL.robot.tool, ToolKinematics(CELL)
    path = f'world/tools/{tool.name}/frame'
    times, points = contents.numbers(path, 'Transform3D:translation')
    poses = np.array([kinematics.poses(tool, np.array(measured[ns].position)) for ns in times])
    assert np.ptp(points, axis=0).max() > 0.05
    assert points == pytest.approx(poses[:, :3, 3], abs=1e-6)


def rotation_of(xyzw):
    x, y, z, w = xyzw
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.array(rows)


def test_fingers_close_with_their_joint(contents):
    gripper = CELL.joints[CELL.grippers[0]]
    _, values = contents.numbers(f'joints/{gripper.name}/measured', 'Scalars:scalars')
    left, right = (
        contents.numbers(f'world/robot/{side}_pad', 'Transform3D:translation')[1][0]
        for side in ('left', 'right')
    )
    assert values[0, 0] == pytest.approx(gripper.open, abs=0.05)
    assert np.linalg.norm(left - right) == pytest.approx(gripper.opening_m, abs=0.03)


def test_every_link_has_a_shape(contents):
    shaped = {path.split('/')[2] for path in contents.batches if '/mesh_' in path}
    assert shaped >= {f'link{k}' for k in range(8)}


def test_the_lanes_say_who_commanded_and_what_the_filter_did(takeover, contents):
    times, states = contents.column('filter/commander', 'StateChange:state')
    assert [state[0] for state in states] == ['policy', 'human: arm', 'policy']
    led = [ns for ns, human in takeover.humans.items() if human]
    assert times[1:].tolist() == pytest.approx([led[0], led[-1]], abs=20_000_000)
    verdicts = {state[0] for state in contents.column('filter/verdict', 'StateChange:state')[1]}
    assert verdicts >= {'pass', 'hold'}
    assert 'hand back' in [
        state[0] for state in contents.column('filter/reason', 'StateChange:state')[1]
    ]


def test_the_log_says_what_was_said(contents):
    texts = [text[0] for text in contents.column('log', 'TextLog:text')[1]]
    assert texts.count('instruction: lift the cube') == 1
    assert 'a human commands arm' in texts
    assert 'the policy commands' in texts


def test_frame_0_is_that_of_the_first_plan(takeover, contents):
    path = 'joints/panda_joint1/desired'
    numbers, _ = contents.numbers(path, 'Scalars:scalars', 'frame')
    assert numbers[0] == 0
    times, _ = contents.numbers(path, 'Scalars:scalars')
    period_ns = 1e9 / DEPLOYMENT.policy.rate_hz
    assert numbers.tolist() == ((times - times[0]) // period_ns).tolist()
    since, _ = contents.numbers('joints/panda_joint1/measured', 'Scalars:scalars', 'episode')
    assert since[0] == 0


def test_it_brings_its_layout(contents):
    assert len(contents.reader.recordings()) == 1
    [blueprint] = contents.reader.blueprints()
    shown = {chunk.entity_path for chunk in contents.reader.stream(store=blueprint)}
    assert any(path.startswith('/view/') for path in shown)


def test_refused_chunks_are_said_and_not_drawn(tmp_path):
    run = eventful_run()
    topics = [message for message in run.messages if 'image' not in message[1]]
    write_recording(tmp_path / 'a.mcap', topics)
    contents = export(tmp_path / 'a.mcap', tmp_path)
    sent = [message for _, topic, message in run.messages if topic == 'policy_chunk']
    stamps = [message['header']['stamp'] for message in sent]
    first, _, last = (stamp['sec'] * 10**9 + stamp['nanosec'] for stamp in stamps)
    paths, _ = contents.column(f'world/tools/{CELL.robot.tool.name}/chunk', 'LineStrips3D:strips')
    assert paths.tolist() == [first, last]
    _, drawn = contents.numbers('joints/panda_joint1/chunk', 'Scalars:scalars')
    # The one that was refused asks for 90 rad.
    assert len(drawn) == 2 * len(sent[0]['points'])
    assert drawn.max() < 2.0
    log = [text[0] for text in contents.column('log', 'TextLog:text')[1]]
    assert 'chunk refused: jump' in log
    assert any(text.startswith('stop: ') for text in log)
    levels = {level[0] for level in contents.column('log', 'TextLog:level')[1]}
    assert levels == {'INFO', 'WARN', 'ERROR'}


def test_compressed_images_stay_as_the_camera_made_them(takeover, tmp_path):
    now_ns = takeover.messages[-1][0]
    messages = [message for message in takeover.messages if message[1] == 'joint_states'][:2]
    made = {now_ns + k: encoded(kind) for k, kind in enumerate(('jpeg', 'png'))}
    for stamp_ns, (kind, data) in made.items():
        image = {'header': header(stamp_ns), 'format': f'rgb8; {kind}', 'data': data}
        messages.append((stamp_ns, f'{CAMERA.topic}/image_raw/compressed', image))
    write_recording(tmp_path / 'a.mcap', messages)
    contents = export(tmp_path / 'a.mcap', tmp_path)
    [path] = [path for path in contents.batches if path.endswith(f'/{CAMERA.name}')]
    times, blobs = contents.column(path, 'EncodedImage:blob')
    assert times.tolist() == list(made)
    assert [bytes(blob[0]) for blob in blobs] == [data for _, data in made.values()]
    kinds = contents.column(path, 'EncodedImage:media_type')[1]
    assert kinds == [['image/jpeg'], ['image/png']]


def encoded(kind):
    stream = BytesIO()
    Image.fromarray(picture(0)).save(stream, kind)
    return kind, stream.getvalue()


def test_the_library_is_the_one_that_requirements_pin(request):
    root = next(p for p in request.path.parents if (p / 'requirements-dev.txt').is_file())
    assert rerun.__version__ == VERSION
    for name in ('requirements-dev.txt', 'constraints.txt', 'src/vla_rollout/setup.py'):
        assert f'rerun-sdk=={VERSION}' in (root / name).read_text()


def test_without_a_display_it_says_to_write_a_file(recording, monkeypatch, capsys):
    monkeypatch.setattr(sys, 'platform', 'linux')
    monkeypatch.delenv('DISPLAY', raising=False)
    monkeypatch.delenv('WAYLAND_DISPLAY', raising=False)
    assert main([str(recording), '--rerun']) == 2
    assert '--output' in capsys.readouterr().err


def test_a_file_that_cannot_be_written_leaves_nothing_behind(recording, tmp_path, capsys):
    (tmp_path / 'file').write_text('')
    assert main([str(recording), '--rerun', '--output', str(tmp_path / 'no' / 'a.txt')]) == 2
    assert 'ends in .rrd' in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ['file']
