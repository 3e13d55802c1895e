"""What launch files publish of the calibrated cameras; skipped where there is no launch."""

import pytest
from vla_calibration.calibration_file import pose_of
from vla_calibration.export.to_ros import read_static_transform
from vla_contract.cameras.calibration_file import find_calibration, load_calibration


def test_each_calibrated_camera_gets_its_transform():
    launch = pytest.importorskip('launch')
    pytest.importorskip('launch_ros')
    from vla_calibration.export.ros.camera_transforms import camera_transforms

    context = launch.LaunchContext()
    context.launch_configurations.update(deployment='panda_lift_cube', cell='')
    (node,) = camera_transforms().execute(context)
    assert (node.node_package, node.node_executable) == ('tf2_ros', 'static_transform_publisher')
    words = [part[0].text for part in node.cmd[1:] if part and hasattr(part[0], 'text')]
    published = read_static_transform(' '.join(words))
    pose = pose_of(load_calibration(find_calibration('panda_table', 'top')))
    assert (published.parent, published.child) == (pose.parent, pose.child)
    assert pytest.approx(pose.T) == published.T
