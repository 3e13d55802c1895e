from hypothesis import given
from hypothesis import strategies as st
import pytest
from vla_contract.cli.yaml_text import block, flow, number, rows
import yaml

names = st.text(st.sampled_from('abcXYZ_/-019'), min_size=1, max_size=12)
values = st.recursive(
    names | st.integers(-9, 9) | st.floats(-9, 9).map(lambda v: round(v, 4)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
)


@given(values)
def test_what_is_written_in_one_line_reads_back(value):
    assert yaml.safe_load(flow(value)) == value


@given(st.floats(-1e4, 1e4))
def test_numbers_read_back_as_floats(value):
    found = yaml.safe_load(number(value))
    assert isinstance(found, float)
    assert found == pytest.approx(value, abs=1e-6)


def test_entries_too_long_for_a_line_are_broken_and_read_back():
    entries = [
        {'name': 'short'},
        {'name': 'long', 'joints': [f'joint_number_{k}' for k in range(20)]},
    ]
    lines = rows(entries, 2)
    assert max(map(len, lines)) <= 96
    assert yaml.safe_load('\n'.join(lines)) == entries
    assert yaml.safe_load('\n'.join(block(entries[1], 0))) == [entries[1]]
