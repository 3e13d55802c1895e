"""What torque sensors of the simulated arm would read."""

import mujoco
import numpy as np
from vla_contract.values import Vector


def motor_effort(model: mujoco.MjModel, data: mujoco.MjData) -> Vector:
    """Return the torque that the motors gave in the last step, shape (nv,) [Nm or N].

    MuJoCo's implicitfast integrator applies what damps, the servos' derivative gain D included,
    at the velocity that the step ends with: (M + h (D + d)) a = M qacc, with the passive damping
    d. `qfrc_actuator` is of the velocity before. The two differ by h D a, which for these stiff
    servos is several times the torque that accelerates a wrist.

    Motors also carry the weight of the links, which the model compensates.
    """
    joints = model.actuator_trntype == mujoco.mjtTrn.mjTRN_JOINT
    # A servo at its limit gives no more, however fast the joint turns.
    joints &= np.abs(data.actuator_force) < model.actuator_forcerange[:, 1]
    gain = np.zeros(model.nv)
    gain[model.jnt_dofadr[model.actuator_trnid[joints, 0]]] = -model.actuator_biasprm[joints, 2]
    mass = np.zeros((model.nv, model.nv))
    mujoco.mj_fullM(model, data, mass)
    step_s = model.opt.timestep
    implicit = mass + step_s * np.diag(gain + model.dof_damping)
    acceleration = np.linalg.solve(implicit, mass @ data.qacc)
    return np.asarray(data.qfrc_actuator + data.qfrc_gravcomp - step_s * gain * acceleration)
