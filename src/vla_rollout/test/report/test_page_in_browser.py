"""The report as a person reads it: on a phone, on paper, and with a keyboard."""

import shutil

import pytest
from run_rows import PNG
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
    seen = RecordedEpisode(PNG)
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


def test_it_fits_a_phone_opens_by_keyboard_and_prints_everything(page, tmp_path):
    assert page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')
    failed, passed = (page.locator(f'details:has(#run-1-episode-{n})') for n in (9, 2))
    assert failed.get_attribute('open') is not None
    assert passed.get_attribute('open') is None
    # The number of an episode leads to its pictures, and unfolds them.
    page.locator('a[href="#run-1-episode-2"]').focus()
    page.keyboard.press('Enter')
    assert page.url.endswith('#run-1-episode-2')
    page.wait_for_selector('details[open]:has(#run-1-episode-2)')
    passed.locator('summary').focus()
    page.keyboard.press('Enter')
    assert passed.get_attribute('open') is None
    page.pdf(path=tmp_path / 'report.pdf')
    assert (tmp_path / 'report.pdf').read_bytes().startswith(b'%PDF')
