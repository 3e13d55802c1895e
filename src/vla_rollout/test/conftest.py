import os
import tempfile

os.environ.setdefault('MUJOCO_GL', 'egl')
# The key of whoever runs the tests is neither used nor made.
os.environ['XDG_STATE_HOME'] = tempfile.mkdtemp(prefix='vla_state_')
