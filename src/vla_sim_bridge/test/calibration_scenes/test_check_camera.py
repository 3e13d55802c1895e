import json

import numpy as np
import pytest
from vla_contract.share import find_config
from vla_sim_bridge.calibration_scenes.check_camera import main

WORLD = find_config('worlds', 'lift_cube').read_text()


def write_world(folder, camera: str) -> str:
    """Write the shipped world with another camera."""
    path = folder / 'world.yaml'
    path.write_text(WORLD[: WORLD.index('cameras:')] + f'cameras:\n  - {camera}\n')
    return str(path)


def run(tmp_path, world: str) -> tuple[int, dict]:
    status = main(['panda_2f85/top', '--world', world, '--json', str(tmp_path / 'out.json')])
    return status, json.loads((tmp_path / 'out.json').read_text())


@pytest.mark.parametrize('camera', ['', '{name: top, calibration: panda_2f85/top}'])
def test_a_world_with_the_calibrated_camera_shows_the_board_where_it_should_be(tmp_path, camera):
    status, result = run(tmp_path, write_world(tmp_path, camera) if camera else 'lift_cube')
    assert status == 0
    assert result['boards_seen'] == result['boards'] == 5
    assert result['mean_px'] < 0.15
    assert result['worst_px'] < 0.5


def test_a_world_of_another_focal_length_is_not_good_enough(tmp_path, capsys):
    camera = '{name: top, eye_m: [1.05, 0.0, 0.55], target_m: [0.50, 0.0, 0.06], fovy_deg: 31.0}'
    status, result = run(tmp_path, write_world(tmp_path, camera))
    assert status == 1
    assert capsys.readouterr().out.startswith('BAD: 5 of 5 boards are seen')
    # Corners come nearer to the middle by 3.4 % of a distance that the image's corner limits.
    zoom = np.tan(np.radians(15.0)) / np.tan(np.radians(15.5))
    assert 3.0 < result['worst_px'] < (1.0 - zoom) * 192.0 * np.sqrt(2.0)


def test_a_world_whose_camera_looks_elsewhere_is_not_good_enough(tmp_path):
    camera = '{name: top, eye_m: [1.05, 0.0, 0.55], target_m: [2.0, 0.0, 0.06], fovy_deg: 30.0}'
    status, result = run(tmp_path, write_world(tmp_path, camera))
    assert status == 1
    assert result['boards_seen'] == 0
    assert result['worst_px'] is None


def test_a_name_that_does_not_exist_is_one_sentence(capsys):
    assert main(['panda_2f85/side']) == 2
    assert "error: calibration 'panda_2f85/side' is not in" in capsys.readouterr().err
