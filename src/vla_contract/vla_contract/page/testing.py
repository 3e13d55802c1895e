"""For tests: a page as people see it, on a phone and a desk, light and dark."""

from pathlib import Path
import shutil

import pytest

_PATIENCE_MS = 120_000
_SCREENS = (({'width': 390, 'height': 844}, 'dark'), ({'width': 1280, 'height': 900}, 'light'))


def faults_of(page: Path) -> list[str]:
    """Return what keeps people from reading a page; skips the test where no browser is.

    What axe-core (https://github.com/dequelabs/axe-core) finds by WCAG 2.1 AA and its best
    practices, and whether a page is wider than its screen.

    Args:
        page: HTML file.
    """
    chromium = shutil.which('chromium')
    engine = pytest.importorskip('playwright.sync_api', reason='playwright drives the browser')
    axe = pytest.importorskip('axe_playwright_python.sync_playwright', reason='axe looks at pages')
    if chromium is None:
        pytest.skip('no chromium on PATH to open the page in')
    faults = []
    with engine.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=['--no-sandbox'], timeout=_PATIENCE_MS
        )
        for size, scheme in _SCREENS:
            context = browser.new_context(viewport=size, color_scheme=scheme)
            tab = context.new_page()
            tab.set_default_timeout(_PATIENCE_MS)
            tab.goto(page.as_uri(), wait_until='load')
            where = f'{size["width"]} px, {scheme}'
            for found in axe.Axe().run(tab).response['violations']:
                first = found['nodes'][0]['target']
                faults.append(f'{where}: {found["id"]} ({found["impact"]}): {first}')
            width = tab.evaluate('document.documentElement.scrollWidth')
            if width > size['width']:
                faults.append(f'{where}: {width} px wide')
            context.close()
        browser.close()
    return faults
