import argparse

import pytest
from vla_calibration.named_cell import add_named_cell, named_cell


@pytest.mark.parametrize(
    ('words', 'name'),
    [
        ([], None),
        (['--cell', 'vx300s_table'], 'vx300s_table'),
        (['--deployment', 'vx300s_lift_cube'], 'vx300s_table'),
    ],
)
def test_a_cell_is_found_only_where_one_is_named(words, name):
    parser = argparse.ArgumentParser()
    add_named_cell(parser)
    cell = named_cell(parser.parse_args(words))
    assert (cell and cell.name) == name
