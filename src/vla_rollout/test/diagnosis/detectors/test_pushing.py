from dataclasses import replace

import mujoco
import numpy as np
import pytest
from vla_contract.errors import ResourceNotFoundError
from vla_contract.share import package_file
from vla_rollout.diagnosis.cause import Mode
from vla_rollout.diagnosis.detectors.contact.momentum_observer import MomentumObserver
from vla_rollout.diagnosis.detectors.contact.pushing import Pushing
from vla_rollout.diagnosis.taxonomy import LOAD, PUSHING

DT_S, PERIOD_NS = 0.001, 1_000_000
DRAG = np.array([40.0, 40.0, 40.0, 40.0, 1.0, 1.0, 1.0])  # so that the arm moves slowly


@pytest.fixture(scope='module')
def arm(cell):
    """Return the cell's arm, free to move."""
    spec = mujoco.MjSpec.from_file(
        str(package_file(cell.robot.model.package, cell.robot.model.mjcf))
    )
    spec.option.timestep = DT_S
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    arm = [cell.joints[i].model_joint for i in cell.arm]
    for joint in spec.joints:
        if joint.name not in arm:
            joint.damping[:] = 1.0  # fingers stay where they are
    for body in spec.bodies:
        body.gravcomp = 0.0
    spec.option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_CONTACT)
    model = spec.compile()
    return model, mujoco.MjData(model)


def observe(cell, arm, external, seconds=0.6):
    """Hold the arm with known torques against an external one; return the last residual."""
    model, data = arm
    mujoco.mj_resetData(model, data)
    names = [cell.joints[i].model_joint for i in cell.arm]
    q = [model.joint(name).qposadr[0] for name in names]
    v = [model.joint(name).dofadr[0] for name in names]
    data.qpos[q] = cell.home[list(cell.arm)]
    observer = MomentumObserver(cell)
    for k in range(int(seconds / DT_S)):
        mujoco.mj_forward(model, data)
        tau = np.array(data.qfrc_bias[v]) - DRAG * data.qvel[v]
        data.qfrc_applied[:] = 0.0
        data.qfrc_applied[v] = tau + external
        residual = observer.update(k * PERIOD_NS, data.qpos[q], data.qvel[v], tau)
        mujoco.mj_step(model, data)
    return residual


def test_the_residual_finds_an_external_torque_and_nothing_else(cell, arm):
    external = np.array([0.0, 6.0, 0.0, -4.0, 0.0, 1.0, 0.0])
    assert np.abs(observe(cell, arm, np.zeros(7))).max() < 0.3
    assert observe(cell, arm, external) == pytest.approx(external, abs=0.3)


def test_without_effort_it_is_unavailable(cell, cycle):
    detector = Pushing(cell)
    detector.restart()
    assert detector.see_cycle(cycle(0)) is None
    assert detector.see_cycle(cycle(1, effort=np.zeros(8))) is not None


def test_effort_of_nan_is_no_effort(cell, cycle):
    detector = Pushing(cell)
    detector.restart()
    assert [detector.see_cycle(cycle(k, effort=np.full(8, np.nan))) for k in range(3)] == [
        None
    ] * 3


def test_one_cycle_without_effort_poisons_nothing(cell, cycle):
    detector, gappy = Pushing(cell), Pushing(cell)
    for pushing in (detector, gappy):
        pushing.restart()
    effort = np.full(8, 3.0)
    for k in range(40):
        whole = detector.see_cycle(cycle(k, effort=effort))
        missing = np.where(np.arange(8) == 2, np.nan, effort) if k % 7 == 3 else effort
        score = gappy.see_cycle(cycle(k, effort=missing))
    assert score == pytest.approx(whole, rel=0.1)


def test_a_gripper_without_effort_takes_nothing_from_the_arm(cell, cycle):
    with_gripper, without = Pushing(cell), Pushing(cell)
    for pushing in (with_gripper, without):
        pushing.restart()
    effort = np.full(8, 3.0)
    for k in range(5):
        one = with_gripper.see_cycle(cycle(k, effort=effort))
        other = without.see_cycle(cycle(k, effort=np.where(np.arange(8) == 7, np.nan, effort)))
    assert one == other


def test_a_joint_that_is_never_measured_leaves_the_others(cell, cycle):
    detector = Pushing(cell)
    detector.restart()
    effort = np.where(np.arange(8) == 0, np.nan, 50.0)
    scores = [detector.see_cycle(cycle(k, effort=effort)) for k in range(30)]
    assert np.isfinite(scores).all()
    assert scores[-1] > 0.3


def test_without_velocity_it_is_unavailable(cell, cycle):
    detector = Pushing(cell)
    detector.restart()
    seen = cycle(0, effort=np.zeros(8))
    joints = replace(seen.joints, velocity=np.full(8, np.nan))
    assert detector.see_cycle(replace(seen, joints=joints)) is None


def test_the_model_is_built_before_the_first_cycle(cell, cycle, monkeypatch):
    """To compile takes a second, in which nobody hears the topics of a running graph."""
    detector = Pushing(cell)

    def build(cell):
        raise AssertionError('built in a callback')

    monkeypatch.setattr('vla_rollout.diagnosis.detectors.contact.pushing.MomentumObserver', build)
    assert detector.see_cycle(cycle(0, effort=np.zeros(8))) is not None
    detector.restart()
    assert detector.see_cycle(cycle(1, effort=np.zeros(8))) is not None


def test_a_model_that_is_not_here_makes_it_unavailable_and_nothing_else(
    cell, cycle, monkeypatch, caplog
):
    def build(cell):
        raise ResourceNotFoundError('package', 'gone', 'install it')

    monkeypatch.setattr('vla_rollout.diagnosis.detectors.contact.pushing.MomentumObserver', build)
    assert Pushing(cell).see_cycle(cycle(0, effort=np.zeros(8))) is None
    assert 'pushing is not looked for' in caplog.text


def test_a_load_that_was_there_before_the_arm_moved_is_no_collision(cell, cycle):
    """Payload, friction: nothing is in the way."""
    at_rest, on_the_way = Pushing(cell), Pushing(cell)
    for k in range(40):
        at_rest.see_cycle(cycle(k, effort=np.full(8, 20.0)))
        away = cell.home
        away[0] += 0.01 * k
        on_the_way.see_cycle(cycle(k, desired=away, effort=np.full(8, 20.0)))
    assert (at_rest.found, on_the_way.found) == (LOAD, PUSHING)
    assert 'payload' in ' '.join(LOAD.roots)
    assert LOAD.mode is not Mode.COLLISION
    assert at_rest.evidence.endswith(' worst')
