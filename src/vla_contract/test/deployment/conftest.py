from collections.abc import Callable
from pathlib import Path

import pytest
from vla_contract.share import find_config

Edit = Callable[..., str]


@pytest.fixture
def edited(tmp_path) -> Edit:
    """Returns the path of the Panda's cell with one text replaced, in it or in its robot."""

    def edit(old: str, new: str, kind: str = 'robots') -> str:
        robot = find_config('robots', 'panda_2f85').read_text()
        cell = find_config('cells', 'panda_table').read_text()
        texts = {'robots': robot, 'cells': cell.replace('panda_2f85', './robot.yaml')}
        assert old in texts[kind]
        texts[kind] = texts[kind].replace(old, new, 1)
        Path(tmp_path / 'robot.yaml').write_text(texts['robots'])
        Path(tmp_path / 'cell.yaml').write_text(texts['cells'])
        return str(tmp_path / 'cell.yaml')

    return edit
