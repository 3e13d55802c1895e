"""Every term changes what it says it changes, on every shipped robot and task."""

from every_term import every_term
import mujoco
import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import SettingError
from vla_contract.values import to_ns
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.randomization.randomization import (
    load_randomization,
    RandomizationConfig,
    TERMS,
)
from vla_sim_bridge.randomization.term import TermConfig
from vla_sim_bridge.scene.world import World

SCENES = ('panda_lift_cube', 'panda_lift_named_cube', 'vx300s_lift_cube')
CONTACTS = {'object_friction'}
PUBLISHED = {'hand_eye_position', 'hand_eye_rotation'}
READINGS = {'encoder_offset', 'encoder_drift', 'joint_noise', 'joint_noise_seed'}
LATENCY = {'vision_latency', 'vision_jitter', 'observation_delay'}
MOTION = {
    'object_mass', 'object_size', 'joint_friction', 'joint_damping', 'joint_armature',
    'actuator_strength', 'gravity', 'table_height', 'control_latency', 'control_jitter',
    'action_delay', 'action_noise', 'backlash', 'thermal_drift',
}  # fmt: skip
PIXELS = TERMS.keys() - CONTACTS - PUBLISHED - READINGS - LATENCY - MOTION


class Scene:
    """One world in which any terms can be put at one end of their ranges."""

    def __init__(self, name: str) -> None:
        self.world = World(load_deployment(name), RandomizationConfig(terms=every_term()))
        self.renderer = CameraRenderer(self.world)

    def begin(self, *terms: str) -> World:
        """Reset with these terms at the upper ends of their ranges, and no other."""
        fixed = {name: TermConfig((high, high)) for name in terms for high in [_high(name)]}
        self.world._randomizer.config = RandomizationConfig(terms=fixed)
        self.world.reset(5)
        return self.world

    def contacts(self) -> set[float]:
        """Return the sliding friction of every contact of an object."""
        world, data = self.world, self.world.data
        mujoco.mj_forward(world.model, data)
        cubes = set(world._randomizer.stage.object_geoms.tolist())
        return {
            float(data.contact[i].friction[0])
            for i in range(data.ncon)
            if {int(data.contact[i].geom1), int(data.contact[i].geom2)} & cubes
        }

    def motion(self) -> np.ndarray:
        """Wave with the whole arm for a second; return the path of everything."""
        world, path = self.world, []
        home, arm = world.cell.home, list(world.cell.arm)
        for step in range(20):
            target = home.copy()
            target[arm] += 0.1 * np.sin(0.6 * step)
            world.step(target, 50_000_000)
            path.append(world.data.qpos.copy())
        return np.array(path)

    def readings(self) -> np.ndarray:
        """Return what the encoders say more than is so, for a second at rest."""
        world, said = self.world, []
        for _ in range(10):
            world.step(world.cell.home, 100_000_000)
            said.append(world.joint_sample().position - world.data.qpos[world._qpos])
        return np.array(said)

    def latency(self) -> list[int]:
        start_ns, looks = self.world.time_ns, self.world.appearance
        return [looks.vision_latency_ns(start_ns + to_ns(0.1 * k)) for k in range(20)]

    def published(self) -> np.ndarray:
        return np.array([shift.hand_eye for shift in self.world.appearance.cameras])

    def pixels(self) -> np.ndarray:
        images = self.renderer.render(self.world.data.qpos)
        return np.concatenate([image.ravel() for image in images.values()])


def _high(name: str) -> float:
    """Return the upper end of a term's range, or what changes most where that is nominal."""
    low, high = every_term()[name].range
    return low if name == 'jpeg_quality' else high


def look(name: str):
    """Return where a term shows."""
    for terms, method in (
        (CONTACTS, Scene.contacts),
        (PUBLISHED, Scene.published),
        (READINGS, Scene.readings),
        (LATENCY, Scene.latency),
        (MOTION, Scene.motion),
    ):
        if name in terms:
            return method
    return Scene.pixels


@pytest.fixture(scope='module', params=SCENES)
def scene(request) -> Scene:
    return Scene(request.param)


@pytest.mark.parametrize('name', TERMS)
def test_a_term_shows_where_it_should(scene, name):
    others, see = TERMS[name].needs[:1], look(name)
    scene.begin(*others)
    without = see(scene)
    scene.begin(*others, name)
    assert not np.array_equal(without, see(scene)), name


class Grasp:
    """What holds an object: the contacts of the fingers with it."""

    def __init__(self, world: World) -> None:
        model, data = world.model, world.data
        pads = {model.geom('arm/' + name).id for name in world.cell.robot.tool.finger_geoms}
        target = int(model.geom(world.task.target.name).id)
        self.world, self.frictions, self.normal_n = world, set(), 0.0
        for i in range(data.ncon):
            pair = {int(data.contact[i].geom1), int(data.contact[i].geom2)}
            if target in pair and pair & pads:
                force = np.zeros(6)
                mujoco.mj_contactForce(model, data, i, force)
                self.frictions.add(float(data.contact[i].friction[0]))
                self.normal_n += force[0]

    def fall_m(self) -> float:
        """Hold on for a second; return how far the object went down."""
        before = self.world.target_pose()[2]
        self.world.step(self.world.command, 1_000_000_000)
        return float(before - self.world.target_pose()[2])


def grasp(scene: Scene, friction: float) -> Grasp:
    """Close the fingers on an object that floats between them."""
    world = scene.world
    terms = {'object_friction': TermConfig((friction, friction))}
    world._randomizer.config = RandomizationConfig(terms=terms)
    world.reset(5)
    at = world.task.target._qpos
    tool = world.data.site('arm/' + world.cell.robot.tool.site)
    world.data.qpos[at : at + 3] = tool.xpos
    command = world.cell.home
    for gripper in world.cell.grippers:
        command[gripper] = world.cell.joints[gripper].closed
    gravity = world.model.opt.gravity.copy()
    world.model.opt.gravity[:] = 0.0
    world.step(command, 1_000_000_000)
    world.model.opt.gravity[:] = gravity
    return Grasp(world)


@pytest.mark.parametrize('friction', [0.1, 0.3, 0.9, 1.5])
def test_the_objects_number_is_that_of_every_contact(scene, friction):
    """At the table, and between the fingers, whose pads may have a priority of their own."""
    assert grasp(scene, friction).frictions == {friction}
    scene.world.reset(5)
    assert scene.contacts() == {friction}


def test_an_object_slips_from_the_fingers_when_friction_does_not_carry_it(scene):
    """Coulomb: the friction of all contacts carries the weight, or it does not."""
    held = grasp(scene, 1.0)
    model = held.world.model
    weight_n = float(model.body_mass[model.body(held.world.task.target.name).id]) * 9.81
    enough = weight_n / held.normal_n
    assert grasp(scene, 2.0 * enough).fall_m() < 2e-3
    assert grasp(scene, 0.5 * enough).fall_m() > 0.02


@pytest.mark.parametrize('friction', [0.2, 0.5, 1.0])
def test_an_object_slips_on_a_slope_of_its_own_friction(friction):
    """Coulomb: it stays below the angle whose tangent is the friction, and slides above it."""
    world = World(
        load_deployment('panda_lift_cube'),
        RandomizationConfig(terms={'object_friction': TermConfig((friction, friction))}),
    )
    moved = []
    for share in (0.9, 1.1):
        world.reset(3)
        start = world.target_pose()[:2]
        angle = np.arctan(friction * share)
        world.model.opt.gravity[:] = 9.81 * np.array([np.sin(angle), 0.0, -np.cos(angle)])
        world.step(world.cell.home, 500_000_000)
        moved.append(float(np.linalg.norm(world.target_pose()[:2] - start)))
    assert moved[0] < 2e-3
    # Half a second of what is left of gravity: a quarter at least, while the contact yields.
    assert moved[1] > 0.25 * 0.5 * 9.81 * np.cos(angle) * 0.1 * friction * 0.5**2


@pytest.mark.parametrize('name', [name for name, term in TERMS.items() if term.needs])
def test_a_term_that_does_nothing_alone_is_refused_alone(tmp_path, name):
    low, high = every_term()[name].range
    path = tmp_path / 'alone.yaml'
    path.write_text(f'terms: {{{name}: {{range: [{low}, {high}]}}}}')
    with pytest.raises(SettingError, match=f'terms.{name}: found it alone.*beside '):
        load_randomization(str(path))


def test_the_colour_of_an_object_shows_through_its_texture(scene):
    scene.begin('object_texture')
    white = scene.pixels()
    scene.begin('object_texture', 'object_colour')
    tinted = scene.world
    tinted._randomizer.config = RandomizationConfig(
        terms={
            'object_texture': TermConfig((7.0, 7.0)),
            'object_colour': TermConfig((0.5, 0.5)),
        }
    )
    tinted.reset(5)
    dark = scene.pixels()
    assert not np.array_equal(white, dark)


def test_named_objects_keep_their_colours_under_a_texture():
    scene = Scene('panda_lift_named_cube')
    for number in (3, 4, 5):
        terms = {'object_texture': TermConfig((number, number))}
        scene.world._randomizer.config = RandomizationConfig(terms=terms)
        scene.world.reset(2)
        image = scene.renderer.render(scene.world.data.qpos)['top'].astype(int)
        red, green = image[..., 0] - image[..., 1], image[..., 1] - image[..., 0]
        assert (red > 60).sum() > 20
        assert (green > 30).sum() > 20
