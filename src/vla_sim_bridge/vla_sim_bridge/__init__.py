"""A MuJoCo world that speaks the topics of the robot.

MuJoCo cannot even be imported when MUJOCO_GL names a library that is missing. Physics needs none,
so the backend is switched off here; `CameraRenderer` then says what to install.
"""

from vla_sim_bridge.cameras.gl_backend import switch_off_missing_backend

switch_off_missing_backend()
