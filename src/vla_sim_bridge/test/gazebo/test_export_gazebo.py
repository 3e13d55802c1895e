"""The SDF against the MuJoCo model it was written from, read by another reader."""

import ctypes
from dataclasses import replace
import json
import os
from pathlib import Path
import xml.etree.ElementTree as ElementTree

import mujoco
import numpy as np
import pytest
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation
from sdf_reader import inertia_at_origin, pose, read_stl, SdfModel, steiner
from vla_contract.cameras.calibration import Provenance
from vla_contract.cameras.calibration_file import save_calibration
from vla_contract.deployment.deployment import load_deployment
from vla_sim_bridge.calibration_scenes.nominal_calibration import nominal_calibration
from vla_sim_bridge.cameras.placed_camera import place_cameras
from vla_sim_bridge.gazebo.export_gazebo import LEFT_OUT, main
from vla_sim_bridge.gazebo.world_file import write_world
from vla_sim_bridge.randomization.randomization import load_randomization, TERMS
from vla_sim_bridge.scene.world import World
import yaml

NAMES = ('panda', 'vx300s', 'so101', 'ur5e_2f85', 'xarm7', 'aloha', 'openarm')
DEPLOYMENTS = tuple(f'{name}_lift_cube' for name in NAMES)
SEED = 3
ARM = 'arm/'


class Exported:
    """A folder that was written, and the world it was written from."""

    def __init__(self, deployment: str, folder: Path) -> None:
        arguments = ['--deployment', deployment, '--randomization', 'tutorial']
        assert main([*arguments, '--seed', str(SEED), '--output', str(folder)]) == 0
        self.arguments, self.folder = arguments, folder
        self.sdf = ElementTree.parse(folder / 'world.sdf').getroot().find('world')
        self.world = World(load_deployment(deployment), load_randomization('tutorial'))
        self.cell = self.world.cell
        self.manifest = self.world.reset(SEED)
        self.model, self.data = self.world.model, self.world.data

    def sdf_model(self, name: str) -> SdfModel:
        return SdfModel(self.sdf.find(f"model[@name='{name}']"))

    def robot_bodies(self) -> list[int]:
        names = [self.model.body(b).name for b in range(self.model.nbody)]
        return [b for b, name in enumerate(names) if name.startswith(ARM)]

    def link_name(self, body: int) -> str:
        return self.model.body(body).name.removeprefix(ARM).replace('/', '_')


@pytest.fixture(scope='module', params=DEPLOYMENTS)
def exported(request, tmp_path_factory) -> Exported:
    return Exported(request.param, tmp_path_factory.mktemp(request.param))


def place(thing) -> np.ndarray:
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = thing.xmat.reshape(3, 3), thing.xpos
    return T


def test_links_are_where_mujoco_has_them_at_any_joint_positions(exported):
    model, data = exported.model, mujoco.MjData(exported.model)
    robot = exported.sdf_model('robot')
    commanded = {ARM + j.model_joint: j.name for j in exported.cell.joints}
    rng = np.random.default_rng(0)
    for _ in range(10):
        positions = {}
        for j in range(model.njnt):
            name = model.joint(j).name
            if name.startswith(ARM):
                value = rng.uniform(-1.0, 1.0)
                data.joint(name).qpos = value
                name = commanded.get(name, name.removeprefix(ARM).replace('/', '_'))
                positions[name] = value
        mujoco.mj_kinematics(model, data)
        placed = robot.link_poses(positions)
        for body in exported.robot_bodies():
            found = placed[exported.link_name(body)]
            assert found == pytest.approx(place(data.body(body)), abs=1e-9)


def test_masses_and_inertias_are_those_of_mujoco(exported):
    model = exported.model
    robot, cube = exported.sdf_model('robot'), exported.sdf_model('cube')
    pairs = [(b, robot.links[exported.link_name(b)]) for b in exported.robot_bodies()]
    for body, link in [*pairs, (model.body('cube').id, cube.links['link'])]:
        mass, centre, inertia = inertia_at_origin(link.find('inertial'))
        if model.body_mass[body] == 0.0:
            assert mass < 0.002, 'a link without mass must stay light'
            continue
        quaternion = model.body_iquat[body][[1, 2, 3, 0]]
        R = Rotation.from_quat(quaternion).as_matrix()
        expected = steiner(
            model.body_mass[body],
            model.body_ipos[body],
            R @ np.diag(model.body_inertia[body]) @ R.T,
        )
        assert mass == pytest.approx(model.body_mass[body], rel=1e-12)
        assert centre == pytest.approx(model.body_ipos[body], abs=1e-12)
        assert inertia == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_joints_have_the_names_axes_and_limits_of_the_cell(exported):
    robot = exported.sdf_model('robot')
    for joint in exported.cell.joints:
        found = robot.joints[joint.name]
        authored = exported.model.joint(ARM + joint.model_joint)
        limit = found.find('axis/limit')
        lower, upper = authored.range
        assert float(limit.findtext('lower')) == pytest.approx(lower)
        assert float(limit.findtext('upper')) == pytest.approx(upper)
        assert float(limit.findtext('effort')) == joint.effort
        assert float(limit.findtext('velocity')) == joint.velocity
        dynamics = found.find('axis/dynamics')
        assert float(dynamics.findtext('friction')) == authored.frictionloss[0]
        assert float(dynamics.findtext('damping')) == authored.damping[0]


def test_every_joint_is_commanded_or_follows_the_gripper(exported):
    robot = exported.sdf_model('robot')
    commanded = {joint.name for joint in exported.cell.joints}
    grippers = [exported.cell.joints[i].name for i in exported.cell.grippers]
    for name, joint in robot.joints.items():
        if joint.get('type') == 'fixed' or name in commanded:
            assert joint.find('axis/mimic') is None
            continue
        leader = joint.find('axis/mimic').get('joint')
        assert leader in grippers
        if len(grippers) > 1:  # each side follows its own
            assert ('right' in name.split('_')[:2]) == leader.startswith(
                ('right', 'openarm_right')
            )


def test_fingers_that_follow_are_where_mujocos_are(exported):
    """Half closed: the closed chain of MuJoCo against the line that mimic joints follow."""
    world, cell = exported.world, exported.cell
    gripper = cell.joints[cell.grippers[0]]
    world.reset(SEED)
    command = world.command
    command[cell.grippers[0]] = (gripper.open + gripper.closed) / 2
    for _ in range(2):
        world.step(command, 500_000_000)
    data, robot = world.data, exported.sdf_model('robot')
    positions = {j.name: data.joint(ARM + j.model_joint).qpos[0] for j in cell.joints}
    for name, joint in robot.joints.items():
        mimic = joint.find('axis/mimic')
        if mimic is not None:
            multiplier, offset = (float(mimic.findtext(t)) for t in ('multiplier', 'offset'))
            positions[name] = multiplier * positions[mimic.get('joint')] + offset
    placed = robot.link_poses(positions)
    for name in cell.robot.tool.finger_geoms:
        body = int(world.model.geom(ARM + name).bodyid[0])
        assert placed[exported.link_name(body)][:3, 3] == pytest.approx(
            data.body(body).xpos, abs=1e-3
        )
    exported.world.reset(SEED)


def test_objects_lie_where_the_manifest_put_them_with_its_sizes(exported):
    model, values = exported.model, exported.manifest['values']
    cube = exported.sdf_model('cube')
    T = pose(cube.element)
    assert T[:2, 3] == pytest.approx([values['cube_x']['value'], values['cube_y']['value']])
    yaw = np.arctan2(T[1, 0], T[0, 0])
    assert np.sin(yaw) == pytest.approx(np.sin(values['cube_yaw']['value']))
    collision = cube.links['link'].find('collision')
    edge = np.array(collision.findtext('geometry/box/size').split(), dtype=float)
    assert edge == pytest.approx(2 * model.geom('cube').size, rel=1e-12)
    assert float(collision.findtext('surface/friction/ode/mu')) == pytest.approx(
        exported.manifest['randomization']['values']['object_friction']['value']
    )
    table = exported.sdf_model('table').links['link'].find('collision')
    top = pose(table)[2, 3] + float(table.findtext('geometry/box/size').split()[2]) / 2
    assert T[2, 3] == pytest.approx(top + edge[2] / 2)
    shown = [g for g in range(model.ngeom) if model.geom(g).name.startswith('distractor')
             and model.geom_rgba[g, 3] > 0]  # fmt: skip
    names = [m.get('name') for m in exported.sdf.findall('model')]
    assert sum(name.startswith('distractor') for name in names) == len(shown)


def test_shapes_stand_where_mujocos_do(exported):
    """Every collision of the robot: the corners of its shape against MuJoCo's own geom."""
    model, robot = exported.model, exported.sdf_model('robot')
    checked = 0
    for body in exported.robot_bodies():
        collisions = robot.links[exported.link_name(body)].findall('collision')
        first = model.body_geomadr[body]
        geoms = [
            g
            for g in range(first, first + model.body_geomnum[body])
            if model.geom_contype[g] or model.geom_conaffinity[g]
        ]
        for collision, geom in zip(collisions, geoms, strict=True):
            R = Rotation.from_quat(model.geom_quat[geom][[1, 2, 3, 0]]).as_matrix()
            assert pose(collision)[:3, :3] == pytest.approx(R, abs=1e-9)
            assert pose(collision)[:3, 3] == pytest.approx(model.geom_pos[geom], abs=1e-12)
            uri = collision.findtext('geometry/mesh/uri')
            if uri:
                mesh = model.geom_dataid[geom]
                start, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
                vertices = model.mesh_vert[start : start + count]
                written = read_stl(exported.folder / uri)
                assert (written.min((0, 1)) == vertices.min(0)).all()
                assert (written.max((0, 1)) == vertices.max(0)).all()
                volume = np.einsum(
                    'ij,ij->', written[:, 0], np.cross(written[:, 1], written[:, 2])
                )
                assert volume / 6 == pytest.approx(ConvexHull(vertices).volume, rel=1e-4)
            checked += 1
    assert checked >= 9


def test_the_camera_sees_what_mujocos_camera_sees(exported):
    """Points of the world fall on the same pixels, by the conventions of either simulator."""
    model, data, cell = exported.model, exported.data, exported.cell
    camera = cell.cameras[0]
    link = exported.sdf_model('camera_top')
    sensor = link.links['link'].find('sensor')
    T = link.link_poses({})['link'] @ pose(sensor)
    lens = sensor.find('camera/lens/intrinsics')
    fx, fy, cx, cy = (float(lens.findtext(name)) for name in ('fx', 'fy', 'cx', 'cy'))
    points = np.random.default_rng(0).uniform([0.2, -0.2, 0.0], [0.5, 0.2, 0.2], (20, 3))
    local = (points - T[:3, 3]) @ T[:3, :3]
    # gz-sensors: x forward, y left, z up; pixels count from the corner of the first one.
    found = np.stack([cx - fx * local[:, 1] / local[:, 0], cy - fy * local[:, 2] / local[:, 0]], 1)
    seen = data.camera(camera.name)
    ahead = (points - seen.xpos) @ seen.xmat.reshape(3, 3)
    focal = camera.height / 2 / np.tan(np.radians(model.camera(camera.name).fovy[0]) / 2)
    centre = np.array([camera.width, camera.height]) / 2
    expected = centre + focal * ahead[:, :2] * [1, -1] / -ahead[:, 2:]
    assert found == pytest.approx(expected, abs=1e-6)
    assert sensor.findtext('topic') == f'{camera.topic}/image_raw'
    assert sensor.findtext('camera/optical_frame_id') == camera.frame
    assert [int(sensor.findtext(f'camera/image/{side}')) for side in ('width', 'height')] == [
        camera.width, camera.height,
    ]  # fmt: skip
    horizontal = 2 * np.arctan(camera.width / 2 / fx)
    assert float(sensor.findtext('camera/horizontal_fov')) == pytest.approx(horizontal)
    assert float(sensor.findtext('camera/noise/stddev')) == pytest.approx(
        exported.manifest['randomization']['values']['image_noise']['value']
    )


def test_a_calibrated_camera_in_the_hand_hangs_on_its_link_with_its_lens(exported, tmp_path):
    cell = exported.cell
    nominal = place_cameras(cell)['top']
    K = {'fx': 400.0, 'fy': 390.0, 'cx': 200.0, 'cy': 185.0}
    in_hand = replace(nominal, parent=cell.robot.tool.frame, distortion=(-0.2, 0.05, 0, 0, 0))
    calibration = nominal_calibration(cell, in_hand, Provenance('', 'test', 'test'))
    lens = replace(calibration.lens, **K)
    save_calibration(replace(calibration, lens=lens), tmp_path / 'calibration.yaml')
    placement = {'calibration': str(tmp_path / 'calibration.yaml')}
    changes = {'cell.cameras.top.placement': placement}
    world = World(load_deployment(exported.world.deployment.name, overrides=changes))
    write_world(world, [], tmp_path / 'world.sdf')
    sdf = ElementTree.parse(tmp_path / 'world.sdf').getroot().find('world')
    robot = SdfModel(sdf.find("model[@name='robot']"))
    (link,) = [link for link in robot.links.values() if link.find('sensor') is not None]
    positions = {name: 0.0 for name, j in robot.joints.items() if j.get('type') != 'fixed'}
    positions |= {j.name: world.data.joint(ARM + j.model_joint).qpos[0] for j in cell.joints}
    T = robot.link_poses(positions)[link.get('name')] @ pose(link.find('sensor'))
    seen = world.data.camera('top')
    assert T[:3, 3] == pytest.approx(seen.xpos, abs=1e-9)
    assert T[:3, 0] == pytest.approx(-seen.xmat.reshape(3, 3)[:, 2], abs=1e-9)
    assert T[:3, 2] == pytest.approx(seen.xmat.reshape(3, 3)[:, 1], abs=1e-9)
    written = link.find('sensor/camera/lens/intrinsics')
    for name, value in K.items():
        shift = 0.5 if name[0] == 'c' else 0.0
        assert float(written.findtext(name)) == pytest.approx(value + shift)
    assert float(link.findtext('sensor/camera/distortion/k1')) == -0.2


def test_physics_is_that_of_the_episode(exported):
    gravity = np.array(exported.sdf.findtext('gravity').split(), dtype=float)
    scale = exported.manifest['randomization']['values']['gravity']['value']
    assert gravity == pytest.approx([0.0, 0.0, -9.81 * scale])
    step = float(exported.sdf.findtext('physics/max_step_size'))
    assert step == exported.world.config.physics_step_s
    lights = [light.get('name') for light in exported.sdf.findall('light')]
    assert len(lights) == 1 + exported.model.light_active.sum()


def test_the_controller_lags_as_mujocos_servos_and_stays_stable(exported):
    plugin = exported.sdf.find(
        "model/plugin[@filename='gz-sim-joint-trajectory-controller-system']"
    )
    numbers = {tag: [float(e.text) for e in plugin.findall(tag)] for tag in
               ('position_p_gain', 'position_d_gain', 'position_cmd_max')}  # fmt: skip
    names = [element.text for element in plugin.findall('joint_name')]
    assert names == list(exported.cell.joint_names)
    servo, model = exported.cell.robot.servo, exported.model
    masses = np.zeros((model.nv, model.nv))
    mujoco.mj_fullM(model, exported.data, masses)
    for joint, p, d, most in zip(exported.cell.joints, *numbers.values(), strict=True):
        assert d / p == pytest.approx(servo.damping / servo.stiffness)
        dof = model.joint(ARM + joint.model_joint).dofadr[0]
        bare = masses[dof, dof] - model.dof_armature[dof]
        assert d * model.opt.timestep / bare <= 0.5 + 1e-9
        assert most == joint.effort
    states = exported.sdf.find("model/plugin[@filename='gz-sim-joint-state-publisher-system']")
    assert [element.text for element in states.findall('joint_name')] == names


def test_the_bridge_has_the_topics_and_types_of_the_mujoco_bridge(exported):
    topics = {t['ros_topic_name']: t for t in yaml.safe_load(
        (exported.folder / 'bridge.yaml').read_text())}  # fmt: skip
    assert {name: topic['ros_type_name'] for name, topic in topics.items()} == {
        '/clock': 'rosgraph_msgs/msg/Clock',
        'joint_states': 'sensor_msgs/msg/JointState',
        'camera/color/image_raw': 'sensor_msgs/msg/Image',
        'camera/color/camera_info': 'sensor_msgs/msg/CameraInfo',
        'sim/target_pose': 'geometry_msgs/msg/PoseStamped',
        'sim/cube_pose': 'geometry_msgs/msg/PoseStamped',
        'joint_trajectory_controller/joint_trajectory': 'trajectory_msgs/msg/JointTrajectory',
    }
    sources = {topic['gz_topic_name'] for topic in topics.values()}
    texts = {'/' + e.text for e in exported.sdf.iter('topic')}
    assert texts <= sources, 'each topic of the world is bridged'


def test_a_manifest_replays_its_episode(exported, tmp_path):
    manifest = exported.folder / 'manifest.json'
    assert json.loads(manifest.read_text()) == exported.manifest
    again = ['--manifest', str(manifest), '--seed', '99', '--output', str(tmp_path)]
    assert main([*exported.arguments, *again]) == 0
    assert (tmp_path / 'world.sdf').read_text() == (exported.folder / 'world.sdf').read_text()


def test_what_has_no_place_in_sdf_is_said(exported, tmp_path, capsys):
    assert main([*exported.arguments, '--output', str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert 'no place in SDF for: action_delay, action_noise, actuator_strength' in said
    assert set(TERMS) >= LEFT_OUT
    assert main([*exported.arguments, '--output', str(tmp_path)]) == 2
    assert 'is not empty; name another folder or give --force' in capsys.readouterr().err


def sdformat() -> ctypes.CDLL | None:
    """Return libsdformat12 of the system or of the folder SDFORMAT_LIB, with what it needs."""
    folder = os.environ.get('SDFORMAT_LIB', '')
    try:
        for name in ('console_bridge.so.1.0', 'tinyxml2.so.9', 'tinyxml.so.2.6.2',
                     'urdfdom_model.so.3.0', 'ignition-math6.so.6') if folder else ():  # fmt: skip
            ctypes.CDLL(str(Path(folder) / f'lib{name}'), mode=ctypes.RTLD_GLOBAL)
        return ctypes.CDLL(str(Path(folder) / 'libsdformat12.so.12'))
    except OSError:
        return None


@pytest.mark.skipif(sdformat() is None, reason='needs libsdformat12-12 (Debian), or SDFORMAT_LIB')
def test_gazebos_own_parser_accepts_the_world(exported, tmp_path):
    library = sdformat()
    assert library.cmdCheck(str(exported.folder / 'world.sdf').encode()) == 0
    broken = (exported.folder / 'world.sdf').read_text().replace('<link name="link">', '<link>', 1)
    (tmp_path / 'broken.sdf').write_text(broken)
    assert library.cmdCheck(str(tmp_path / 'broken.sdf').encode()) != 0
