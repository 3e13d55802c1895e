import json
import re

import numpy as np
import pytest
from vla_contract.share import find_config
from vla_sim_bridge.calibration_scenes.check_camera import main

CELL = find_config('cells', 'panda_table').read_text()


def write_cell(folder, placement: str) -> str:
    """Write the shipped cell with its camera somewhere else."""
    path = folder / 'cell.yaml'
    text, count = re.subn('placement: .*', f'placement: {placement}', CELL)
    assert count == 1
    path.write_text(text)
    return str(path)


def run(tmp_path, cell: str) -> tuple[int, dict]:
    status = main(['panda_table/top', '--cell', cell, '--json', str(tmp_path / 'out.json')])
    return status, json.loads((tmp_path / 'out.json').read_text())


@pytest.mark.parametrize('placement', ['', '{calibration: panda_table/top}'])
def test_a_cell_with_the_calibrated_camera_shows_the_board_where_it_should_be(tmp_path, placement):
    status, result = run(tmp_path, write_cell(tmp_path, placement) if placement else '')
    assert status == 0
    assert result['boards_seen'] == result['boards'] == 5
    assert result['mean_px'] < 0.15
    assert result['worst_px'] < 0.5


def test_a_cell_of_another_focal_length_is_not_good_enough(tmp_path, capsys):
    placement = '{eye_m: [1.05, 0.0, 0.55], target_m: [0.50, 0.0, 0.06], fovy_deg: 31.0}'
    status, result = run(tmp_path, write_cell(tmp_path, placement))
    assert status == 1
    assert capsys.readouterr().out.startswith('BAD: 5 of 5 boards are seen')
    # Corners come nearer to the middle by 3.4 % of a distance that the image's corner limits.
    zoom = np.tan(np.radians(15.0)) / np.tan(np.radians(15.5))
    assert 3.0 < result['worst_px'] < (1.0 - zoom) * 192.0 * np.sqrt(2.0)


def test_a_cell_whose_camera_looks_elsewhere_is_not_good_enough(tmp_path):
    placement = '{eye_m: [1.05, 0.0, 0.55], target_m: [2.0, 0.0, 0.06], fovy_deg: 30.0}'
    status, result = run(tmp_path, write_cell(tmp_path, placement))
    assert status == 1
    assert result['boards_seen'] == 0
    assert result['worst_px'] is None


def test_a_name_that_does_not_exist_is_one_sentence(capsys):
    assert main(['panda_table/side']) == 2
    assert "error: calibration 'panda_table/side' is not in" in capsys.readouterr().err


def test_a_calibration_of_another_cell_says_how_to_name_it(capsys):
    assert main(['panda_table/top', '--deployment', 'vx300s_lift_cube']) == 2
    said = capsys.readouterr().err
    assert 'found cell panda_table; the simulated one is vx300s_table: give --cell panda_' in said
