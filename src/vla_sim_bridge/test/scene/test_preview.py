import json

import cv2
import numpy as np
from vla_sim_bridge.randomization.randomization import load_randomization, TERMS
from vla_sim_bridge.randomization.term_table import term_table
from vla_sim_bridge.scene.preview import contact_sheet, main


def test_the_table_has_every_term_once_with_its_range():
    lines = term_table([load_randomization('narrow'), load_randomization('wide')]).splitlines()
    cells = [[cell.strip() for cell in line.strip('|').split('|')] for line in lines]
    assert cells[0] == ['term', 'what it does', 'operation', 'unit', 'narrow x 0.5', 'wide']
    assert [row[0] for row in cells[2:]] == list(TERMS)
    rows = {row[0]: row for row in cells}
    assert rows['camera_position'][2:] == ['add', 'm', '-0.02 to 0.02', '-0.05 to 0.05']
    assert rows['object_mass'][4:] == ['0.8 to 1.2', '0.5 to 2 log_uniform']
    assert rows['jpeg_quality'][4] == '-'
    assert len({len(line) for line in lines}) == 1


def test_a_sheet_fills_its_last_row_with_black():
    tiles = [(str(k), np.full((30, 40, 3), 200, dtype=np.uint8)) for k in range(3)]
    sheet = contact_sheet(tiles, columns=2)
    assert sheet.shape == (2 * (30 + 18), 2 * 40, 3)
    assert (sheet[48:, 40:] == 0).all()
    assert (sheet[18:48, :] == 200).all()


def test_the_command_writes_a_picture_and_its_values(tmp_path, capsys):
    output = tmp_path / 'sheet.png'
    arguments = ['--scenes', '3', '--columns', '3', '--tile-px', '96', '--output', str(output)]
    assert main(['--randomization', 'narrow', *arguments]) == 0
    assert cv2.imread(str(output)).shape == (96 + 18, 3 * 96, 3)
    manifests = json.loads(output.with_suffix('.json').read_text())['manifests']
    assert [manifest['seed'] for manifest in manifests] == [0, 1, 2]
    assert main(['--randomization', 'narrow', *arguments]) == 2
    assert 'exists; name another file or give --force' in capsys.readouterr().err


def test_the_command_prints_the_table_alone(capsys):
    assert main(['--terms']) == 0
    names = ('narrow', 'tutorial', 'wide')
    assert capsys.readouterr().out == term_table(map(load_randomization, names)) + '\n'
