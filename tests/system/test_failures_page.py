"""docs/failures.md says what the software says."""

from pathlib import Path

import numpy as np
import pytest
from vla_contract.deployment.cell import load_cell
from vla_rollout.diagnosis.cause import Mode
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.registry import make_detectors
from vla_rollout.diagnosis.taxonomy_table import forerunner_table, score_table, taxonomy_table

PAGE = (Path(__file__).parents[2] / 'docs/failures.md').read_text()


@pytest.fixture(scope='module')
def detectors() -> tuple[Detector, ...]:
    cell = load_cell('panda_table')
    return make_detectors(cell, np.empty((0, len(cell.arm))))


def test_the_page_has_the_tables_of_the_taxonomy(detectors):
    assert taxonomy_table(detectors) in PAGE
    assert score_table(detectors) in PAGE
    assert forerunner_table() in PAGE


def test_the_page_says_every_mode():
    assert [mode for mode in Mode if mode not in PAGE] == []
