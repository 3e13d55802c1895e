"""The page as a person meets it, in headless Chromium."""

from pathlib import Path
import shutil

from live_motion import cycle, show_motion
import pytest

CHROMIUM = shutil.which('chromium')
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason='no chromium on PATH to open the page in')
playwright = pytest.importorskip('playwright.sync_api', reason='playwright drives the browser')
# Generous, because a loaded machine draws slowly; nothing waits for it to pass.
PATIENCE_MS = 120_000


@pytest.fixture(scope='module')
def browser():
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(
            executable_path=CHROMIUM, args=['--no-sandbox'], timeout=PATIENCE_MS
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser, server, view, request):
    """Open the page on a phone, or as the test asks; nothing may be loaded from elsewhere."""
    options = getattr(request, 'param', {'viewport': {'width': 390, 'height': 844}})
    show_motion(view)
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.problems, page.requested = [], []
    page.on('pageerror', lambda error: page.problems.append(str(error)))
    page.on('console', lambda m: m.type == 'error' and page.problems.append(m.text))
    page.on('request', lambda request: page.requested.append(request.url))
    page.goto(server.url, wait_until='domcontentloaded')
    page.wait_for_selector('#joints canvas')
    yield page
    assert page.problems == []
    assert all(url.startswith((server.url, 'data:')) for url in page.requested)
    context.close()


def shows(page, selector, text):
    page.wait_for_function(
        '([s, t]) => document.querySelector(s)?.textContent.includes(t)', arg=[selector, text]
    )


def test_it_shows_verdict_alarm_camera_and_joints(page):
    shows(page, '#verdict', 'clamp')
    shows(page, '#reason', 'velocity panda_joint2')
    shows(page, '#alarms', 'wild oscillation: the joints shake')
    shows(page, '#instruction', 'lift the <b>cube</b>')
    page.wait_for_function("() => document.querySelector('#cameras img').naturalWidth > 0")
    assert page.locator('#joints canvas').count() == 8
    shows(page, '#joints figure:nth-child(2) figcaption', 'panda_joint2')


def test_nothing_sticks_out_of_a_phone(page):
    shows(page, '#verdict', 'clamp')
    assert page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')


def test_the_joint_plots_are_drawn(page, view):
    shows(page, '#verdict', 'clamp')
    page.evaluate('history = []')
    for k in (101, 130):
        view.see_cycle(cycle(k))
        page.wait_for_function(f'() => history.some((c) => c.time_s === {k / 100})')
    colours = page.evaluate("""() => {
        const canvas = document.querySelector('#joints canvas');
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        const found = new Set();
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200)
            found.add([data[i], data[i + 1], data[i + 2]].join());
        return found.size;
    }""")
    assert colours >= 3


def test_the_keyboard_pauses_and_goes_on(page, view, clock):
    shows(page, '#verdict', 'clamp')
    page.keyboard.press('Tab')
    assert page.evaluate('document.activeElement.id') == 'pause'
    page.keyboard.press('p')
    assert page.get_attribute('#pause', 'aria-pressed') == 'true'
    view.see_cycle(cycle(200))
    page.wait_for_function('() => latest.cycle.verdict === "pass"')
    assert page.text_content('#verdict') == 'clamp'
    page.keyboard.press('Enter')
    shows(page, '#verdict', 'pass')


def test_silence_of_the_filter_and_of_the_rollout_are_told_apart(page, clock, server):
    clock.now_s += 5.0
    shows(page, '#verdict', 'no action')
    server.__exit__(None, None, None)
    shows(page, '#verdict', 'no connection')
    page.problems.clear()


@pytest.mark.parametrize(
    'page',
    [{'color_scheme': 'dark', 'viewport': {'width': 1280, 'height': 900}}],
    indirect=True,
    ids=['dark'],
)
def test_it_is_dark_where_the_machine_is(page, tmp_path: Path):
    shows(page, '#verdict', 'clamp')
    background = page.evaluate('getComputedStyle(document.body).backgroundColor')
    assert sum(map(int, background.strip('rgb()').split(','))) < 150
    page.screenshot(path=tmp_path / 'page.png')
    assert (tmp_path / 'page.png').stat().st_size > 10_000
