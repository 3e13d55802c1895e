"""The report as a person reads it: on a phone, on paper, and with a keyboard."""

import shutil

import pytest
from test_report import PNG, run  # noqa: F401 - pytest finds the fixture here
from vla_rollout.report.page import write_report
from vla_rollout.report.recorded import RecordedEpisode

CHROMIUM = shutil.which('chromium')
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason='no chromium on PATH to open the page in')
playwright = pytest.importorskip('playwright.sync_api', reason='playwright drives the browser')
# Generous, because a loaded machine draws slowly; nothing waits for it to pass.
PATIENCE_MS = 120_000


@pytest.fixture
def page(run, tmp_path):  # noqa: F811
    """Open the report of a run on a phone; it asks for nothing but itself."""
    write_report(tmp_path / 'report.html', [run], {(run.folder.name, 8): RecordedEpisode(PNG)})
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
    folded = page.locator('details:not([open]) summary')
    count = page.locator('details').count()
    assert folded.count() == count - 1 or count == 1
    # The number of an episode leads to its pictures, which open with the same key.
    page.locator('a[href="#20261122-demo-8"]').focus()
    page.keyboard.press('Enter')
    assert page.url.endswith('#20261122-demo-8')
    page.locator('[id="20261122-demo-8"] summary').focus()
    page.keyboard.press('Enter')
    assert page.get_attribute('[id="20261122-demo-8"]', 'open') is None
    page.pdf(path=tmp_path / 'report.pdf')
    assert (tmp_path / 'report.pdf').read_bytes().startswith(b'%PDF')
