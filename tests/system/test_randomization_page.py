"""The page about randomisation and the code agree."""

from pathlib import Path
import re

from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.randomization.term_table import term_table
from vla_sim_bridge.scene.preview import SHIPPED

DOCS = Path(__file__).parents[2] / 'docs'
PAGE = (DOCS / 'randomization.md').read_text()


def test_the_page_holds_the_table_that_the_command_prints():
    table = term_table(load_randomization(name) for name in SHIPPED)
    assert table in PAGE, 'vla sim preview --terms has the new one'


def test_its_pictures_exist_and_are_small():
    pictures = re.findall(r'\]\((images/[^)]+)\)', PAGE)
    assert len(pictures) == 2
    for picture in pictures:
        assert 0 < (DOCS / picture).stat().st_size <= 400_000, picture
