import cv2
import numpy as np
from vla_sim_bridge.robot_checks.picture import draw_robot


def test_capsules_are_drawn_over_the_arm(cell, tmp_path):
    path = tmp_path / 'new' / 'robot.png'
    draw_robot(cell, path)
    image = cv2.imread(str(path))
    assert image.shape == (720, 1440, 3)
    # Capsules are reddish, which nothing else of the Panda or of the floor is.
    blue, _, red = np.moveaxis(image.astype(int), -1, 0)
    assert (red - blue > 40).mean() > 0.02
