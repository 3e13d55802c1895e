"""A second of motion for views and pages to show."""

import numpy as np
from vla_action_filter.verdict import Desired
from vla_contract.deployment.cell import load_cell
from vla_contract.filter_status import NO_REASON, Reason, ReasonCode, Verdict
from vla_contract.values import ActionChunk, JointSample
from vla_rollout.episodes.cycle import Cycle

CELL = load_cell('panda_table')
CAMERA = CELL.cameras[0]


class Clock:
    """Stands still until it is set."""

    now_s = 100.0

    def __call__(self):
        return self.now_s


def cycle(k=0, verdict=Verdict.PASS, reason=NO_REASON, desired=True):
    now_ns = 10_000_000 * k
    joints = JointSample(now_ns, CELL.home, np.zeros(8))
    wanted = CELL.home + 0.1 * np.sin(0.05 * k)
    asked = Desired(wanted, np.zeros(8), now_ns) if desired else None
    return Cycle(now_ns, asked, wanted, joints, verdict, reason)


def show_motion(view):
    """Let a view see a second of motion with a chunk, an image and an alarm."""
    view.instruction = 'lift the <b>cube</b>'
    image = np.zeros((CAMERA.height, CAMERA.width, 3), np.uint8)
    image[:, : CAMERA.width // 2] = (200, 120, 40)
    view.see_image(CAMERA.name, image)
    view.see_alarm('rollout diagnosis', 'error', 'wild oscillation: the joints shake')
    view.see_chunk(ActionChunk(0, 100_000_000, np.tile(CELL.home, (30, 1))))
    limit = Reason('velocity panda_joint2', ReasonCode.VELOCITY)
    view.see_cycle(cycle(100, Verdict.CLAMP, limit))
