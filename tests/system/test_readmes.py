"""The README of every package says what its sources and its configured nodes say."""

from package_facts import PACKAGES, ROOT
import pytest
from vla_contract.ros import testing  # noqa: F401 - a ROS domain of our own
from write_readmes import MEANINGS, readme


@pytest.mark.parametrize('package', PACKAGES)
def test_the_readme_of_a_package_is_up_to_date(package):
    page = (ROOT / 'src' / package / 'README.md').read_text()
    assert page == readme(package), 'python tools/write_readmes.py writes the new one'


def test_no_meaning_is_left_of_an_interface_that_is_gone():
    pages = ''.join((ROOT / 'src' / p / 'README.md').read_text() for p in PACKAGES)
    unused = {n for kind in MEANINGS.values() for n in kind if f'| `{n}` |' not in pages}
    assert not unused
