"""The video of a recorded episode with its paths: against MuJoCo's own tool and camera."""

from contextlib import contextmanager
from dataclasses import replace

import av
from filter_run import CAMERA, CELL, DEPLOYMENT, eventful_run, takeover_run, write_takeover
import mujoco
import numpy as np
from PIL import Image
import pytest
from vla_contract.errors import VlaError
from vla_contract.filter_status import Verdict
from vla_contract.transforms import make_transform
from vla_rollout.view.chosen import Chosen
from vla_rollout.view.overlay import export
from vla_rollout.view.overlay.drawing import CHUNK, SENT, VERDICTS
from vla_rollout.view.overlay.paths import SeenPaths
from vla_rollout.view.view_run import main
from vla_rollout.view.watched import watch_episode
from vla_sim_bridge.cameras.placed_camera import place_camera
from vla_sim_bridge.scene.world import World

# The camera's image of 384 px is drawn as wide as this.
WIDTH = 480
BESIDE = ['--deployment', 'panda_lift_cube', '--overlay', '--output']


def grey(recording):
    """Replace the images of a run by grey ones, on which drawn colours are found."""
    size = CAMERA.height * CAMERA.width * 3
    for _, topic, message in recording.messages:
        if topic.endswith('image_raw'):
            message['data'] = bytes([90]) * size
    return recording


def frames_of(path, monkeypatch):
    """Return the frames as they are drawn, before any encoding, with their times."""
    kept = []

    class Kept:
        def write(self, stamp_ns, frame):
            kept.append((stamp_ns, frame))

    @contextmanager
    def keep(part, rate_hz, drawn):
        part.touch()
        yield Kept()

    monkeypatch.setattr(export, 'open_film', keep)
    watched = watch_episode(path, CELL)
    export.export_overlay(path.with_suffix('.mp4'), Chosen(path, DEPLOYMENT, 'a'), watched)
    return watched, kept


@pytest.fixture(scope='module')
def filmed(tmp_path_factory):
    run = grey(takeover_run())
    with pytest.MonkeyPatch.context() as patch:
        return frames_of(write_takeover(run, tmp_path_factory.mktemp('film')), patch)


def seen_by_mujoco(joints):
    """Return where MuJoCo's camera sees MuJoCo's tool, in a frame of the video [px]."""
    world = World(DEPLOYMENT)
    world.reset(0)
    for joint, value in zip(CELL.joints, joints, strict=True):
        world.data.joint(f'arm/{joint.model_joint}').qpos[0] = value
    mujoco.mj_forward(world.model, world.data)
    camera, tool = world.data.camera('top'), world.data.site(f'arm/{CELL.robot.tool.site}')
    x, y, z = camera.xmat.reshape(3, 3).T @ (tool.xpos - camera.xpos)
    fovy = np.radians(world.model.camera('top').fovy[0])
    focal = CAMERA.height / 2 / np.tan(fovy / 2)
    pixel = np.array([CAMERA.width / 2 - focal * x / z, CAMERA.height / 2 + focal * y / z])
    return pixel * WIDTH / CAMERA.width - 0.5


def test_the_arm_is_marked_where_mujoco_sees_its_tool(filmed):
    watched, frames = filmed
    sent = {command.stamp_ns: command.command for command in watched.commands}
    asked = 0
    for stamp_ns, frame in frames[::12]:
        after = [ns for ns in sent if ns >= stamp_ns]
        if not after:
            continue
        column, row = np.rint(seen_by_mujoco(sent[min(after)])).astype(int)
        assert frame[row, column] == pytest.approx(SENT, abs=2)
        asked += 1
    assert asked >= 3


def coloured(frame, colour):
    return (np.abs(frame[:WIDTH].astype(int) - colour).max(axis=2) < 40).sum()


def test_the_chunk_is_drawn_while_it_lasts_and_not_before(filmed):
    watched, frames = filmed
    first = watched.chunks[0]
    before = [frame for ns, frame in frames if ns < first.stamp_ns]
    during = [frame for ns, frame in frames if 0 <= ns - first.stamp_ns < 10 * first.period_ns]
    assert before
    assert during
    assert not any(coloured(frame, CHUNK) for frame in before)
    # The arm itself covers the end that it has come to.
    assert all(coloured(frame, CHUNK) > 20 for frame in during[:5])


def test_the_strip_shows_the_stop_at_its_time(tmp_path, monkeypatch):
    run = grey(eventful_run())
    watched, frames = frames_of(write_takeover(run, tmp_path), monkeypatch)
    shown_ns, frame = frames[-1]
    strip = frame[WIDTH + 5].astype(int)
    stopped = [cycle.now_ns for cycle in watched.cycles if cycle.verdict >= 3]
    first, last = watched.cycles[0].now_ns, watched.cycles[-1].now_ns
    at, until = ((np.array([stopped[0], shown_ns]) - first) / (last - first) * WIDTH).astype(int)
    is_stop = np.isin(strip, [VERDICTS[Verdict.STOP], VERDICTS[Verdict.LATCHED]]).all(axis=1)
    assert abs(int(np.flatnonzero(is_stop)[0]) - at) <= 2
    assert is_stop[at + 2 : until - 2].all()
    # What is still to come is dim.
    assert not is_stop[until + 3 :].any()


def test_a_video_and_a_gif_can_be_read_and_have_a_frame_for_every_image(recording, tmp_path):
    film, gif = tmp_path / 'a.mp4', tmp_path / 'a.gif'
    assert main([str(recording), *BESIDE, str(film)]) == 0
    assert main([str(recording), *BESIDE, str(gif)]) == 0
    with av.open(str(film)) as container:
        frames = [frame.to_ndarray(format='rgb24') for frame in container.decode(video=0)]
    with Image.open(gif) as moving:
        assert moving.n_frames == len(frames) > 30
        assert moving.info['loop'] == 0
        assert moving.size == (frames[0].shape[1], frames[0].shape[0])
        # The cameras of these runs publish every 50 ms.
        assert moving.info['duration'] == 50
        moving.seek(len(frames) - 1)
        strip = np.asarray(moving.convert('RGB'))[WIDTH + 5]
    # Whatever colours the first image had.
    assert {VERDICTS[Verdict.PASS], VERDICTS[Verdict.CLAMP]} <= set(map(tuple, strip.tolist()))
    assert sorted(path.name for path in tmp_path.iterdir()) == ['a.gif', 'a.mp4']


def test_a_file_that_is_there_stays(recording, tmp_path, capsys):
    output = tmp_path / 'a.gif'
    output.write_text('mine')
    assert main([str(recording), *BESIDE, str(output)]) == 2
    assert output.read_text() == 'mine'
    assert '--force' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['a.avi'], 'allowed: a name that ends in .mp4 or .gif'),
        (['a.mp4', '--camera', 'wrist'], "camera 'wrist'"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(recording, tmp_path, capsys, words, said):
    assert main([str(recording), *BESIDE, str(tmp_path / words[0]), *words[1:]]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_without_an_image_there_is_no_file(tmp_path, capsys):
    run = takeover_run()
    run.messages = [each for each in run.messages if not each[1].endswith('image_raw')]
    recording = write_takeover(run, tmp_path)
    assert main([str(recording), *BESIDE, str(tmp_path / 'a.mp4')]) == 2
    assert 'found no image of camera top' in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ['episode.mcap']


def test_a_camera_on_the_tool_sees_its_tool_at_one_place():
    placed = place_camera(CELL, CAMERA)
    T_tool_camera = make_transform(np.array([0.05, 0.0, -0.2]), np.eye(3))
    carried = replace(placed, parent=CELL.robot.tool.frame, T_parent_camera=T_tool_camera)
    paths, rng = SeenPaths(CELL, carried), np.random.default_rng(1)
    for _ in range(5):
        joints = np.array([rng.uniform(joint.lower, joint.upper) for joint in CELL.joints])
        ((pixel,),) = paths.pixels([joints], joints)
        assert pixel == pytest.approx(carried.project(np.array([[-0.05, 0.0, 0.2]]))[0])


def test_a_recording_without_the_filter_is_refused(recording, tmp_path):
    watched = replace(watch_episode(recording, CELL), cycles=[])
    with pytest.raises(VlaError, match='found no cycle of the action filter'):
        export.export_overlay(tmp_path / 'a.mp4', Chosen(recording, DEPLOYMENT, 'a'), watched)
