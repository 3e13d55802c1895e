import pytest
from vla_contract.errors import ResourceNotFoundError, UnknownNameError
from vla_contract.share import find_config, package_file


def test_a_name_is_found_in_the_workspace():
    assert find_config('robots', 'panda_2f85').is_file()


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match='lift_cube'):
        find_config('tasks', 'moon')


def test_a_path_that_does_not_exist_is_named():
    with pytest.raises(ResourceNotFoundError, match='no/such'):
        find_config('robots', 'no/such.yaml')


def test_an_unsourced_workspace_says_what_to_do(monkeypatch):
    monkeypatch.setenv('AMENT_PREFIX_PATH', '')
    with pytest.raises(ResourceNotFoundError, match='make setup'):
        find_config('robots', 'panda_2f85')


def test_a_missing_package_says_what_to_install():
    with pytest.raises(ResourceNotFoundError, match='pip install'):
        package_file('no_such_package', 'x.xml')
