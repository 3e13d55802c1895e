"""The report as a person reads it: on a phone, on paper, and with a keyboard."""

import shutil

import pytest
from run_rows import DRAWING
from vla_contract.page.testing import faults_of
from vla_rollout.report.page import write_report
from vla_rollout.report.recorded import RecordedEpisode, RecordedRun

CHROMIUM = shutil.which('chromium')
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason='no chromium on PATH to open the page in')
playwright = pytest.importorskip('playwright.sync_api', reason='playwright drives the browser')
# Generous, because a loaded machine draws slowly; nothing waits for it to pass.
PATIENCE_MS = 120_000


@pytest.fixture
def page(run, tmp_path):
    """Open the report of a run on a phone; it asks for nothing but itself."""
    seen = RecordedEpisode(DRAWING)
    write_report(tmp_path / 'report.html', [run], [RecordedRun({1: seen, 8: seen})])
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(
            executable_path=CHROMIUM, args=['--no-sandbox'], timeout=PATIENCE_MS
        )
        page = browser.new_page(viewport={'width': 390, 'height': 844})
        page.set_default_timeout(PATIENCE_MS)
        requested = []
        page.on('request', lambda request: requested.append(request.url))
        page.goto((tmp_path / 'report.html').as_uri(), wait_until='domcontentloaded')
        yield page
        assert all(url.startswith(('file:', 'data:')) for url in requested)
        browser.close()


def test_it_has_no_fault_that_axe_sees(run, tmp_path):
    seen = RecordedEpisode(DRAWING)
    write_report(tmp_path / 'report.html', [run], [RecordedRun({1: seen, 8: seen})])
    assert faults_of(tmp_path / 'report.html') == []


def test_it_fits_a_phone_opens_by_keyboard_and_prints_everything(page, tmp_path):
    assert page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')
    failed, passed = (page.locator(f'details:has(#run-1-episode-{n})') for n in (9, 2))
    assert failed.get_attribute('open') is not None
    assert passed.get_attribute('open') is None
    # The number of an episode leads to its pictures, and unfolds them.
    page.locator('a[href="#run-1-episode-2"]').focus()
    page.keyboard.press('Enter')
    page.wait_for_url('**#run-1-episode-2')
    page.wait_for_selector('details[open]:has(#run-1-episode-2)')
    passed.locator('summary').focus()
    page.keyboard.press('Enter')
    page.wait_for_selector('details:not([open]):has(#run-1-episode-2)', state='attached')
    page.pdf(path=tmp_path / 'report.pdf')
    assert (tmp_path / 'report.pdf').read_bytes().startswith(b'%PDF')


def test_failures_alone_are_shown_on_demand_and_a_command_is_marked_by_one_click(page):
    assert page.locator('.tile').count() == 1
    rows, success = page.locator('.stacked tr'), page.locator('tr:has(.number.good)')
    assert rows.count() == 11
    page.locator('label:has-text("failed only")').click()
    assert success.count() == 8
    assert not any(success.nth(n).is_visible() for n in range(8))
    assert not page.locator('details:has(#run-1-episode-2)').is_visible()
    assert page.locator('details:has(#run-1-episode-9)').is_visible()
    assert page.locator('.tile.bad').is_visible()
    row = page.locator('tr:has(.number.bad)').first
    row.locator('summary').click()
    command = row.locator('.copied')
    command.click()
    marked = page.evaluate('getSelection().toString()')
    assert marked == command.inner_text()
    assert marked.endswith('--first-seed 8 --video')


def test_a_value_of_a_narrow_table_stands_beside_its_head(page):
    cell = page.locator('.stacked td[data-head="outcome"]').first
    head = cell.evaluate('e => getComputedStyle(e, "::before").content')
    # A browser may join what the style names in two parts.
    assert head.replace('" "', '') == '"outcome: "'
    assert page.locator('.stacked th').first.is_hidden()
    page.set_viewport_size({'width': 1024, 'height': 800})
    assert page.locator('.stacked th').first.is_visible()
    assert cell.evaluate('e => getComputedStyle(e, "::before").content') == 'none'
