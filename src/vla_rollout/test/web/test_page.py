"""The page as a person meets it, in headless Chromium."""

from pathlib import Path
import shutil
import threading
import time

from live_motion import CELL, cycle, show_motion
import numpy as np
import pytest
from vla_contract.filter_status import FilterStatus, Verdict
from vla_contract.values import ActionChunk
from vla_rollout.episodes.control import ALLOWED, Order, Phase
from vla_rollout.episodes.keys import KEYS

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


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


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


def test_curves_freeze_and_go_on_but_the_verdict_is_always_the_present(page, view):
    shows(page, '#verdict', 'clamp')
    page.keyboard.press('z')
    assert page.get_attribute('#freeze', 'aria-pressed') == 'true'
    count = page.evaluate('history.length')
    view.see_cycle(cycle(200))
    shows(page, '#verdict', 'pass')
    assert page.evaluate('history.length') == count
    page.focus('#freeze')
    page.keyboard.press('Enter')
    page.wait_for_function(f'() => history.length === {count + 1}')


def allowed(page):
    return set(page.eval_on_selector_all(
        '[data-order]:not([disabled])', '(all) => all.map((one) => one.dataset.order)'
    ))  # fmt: skip


@pytest.mark.parametrize('phase', Phase)
def test_buttons_that_mean_nothing_now_cannot_be_pressed(page, control, phase):
    control.enter(phase)
    shows(page, '#episode', f'1 of 5: {phase}')
    arms = {'take_over', 'hand_back'} if phase is Phase.RUNNING else set()
    assert allowed(page) == {*map(str, ALLOWED[phase]), *arms, 'reset'}


@pytest.mark.parametrize('order', [Order.SUCCESS, Order.FAILURE, Order.DISCARD, Order.PAUSE])
def test_every_order_has_a_button_and_the_key_of_the_terminal(page, control, order):
    control.enter(Phase.RUNNING)
    shows(page, '#episode', 'running')
    page.click(f'[data-order={order}]')
    shows(page, '#said', str(order))
    assert control.take() is order
    control.enter(Phase.RUNNING)
    shows(page, '#episode', 'running')
    (key,) = (key for key, given in KEYS.items() if given is order)
    page.keyboard.press(key)
    page.wait_for_function(
        '(o) => document.querySelector("#said").textContent === o', arg=str(order)
    )
    wait_until(lambda: control.order is order)


def test_the_space_bar_starts_but_not_from_another_button(page, control):
    control.enter(Phase.READY)
    shows(page, '#episode', 'ready')
    page.focus('#freeze')
    page.keyboard.press(' ')
    assert page.get_attribute('#freeze', 'aria-pressed') == 'true'
    assert control.order is None
    page.evaluate('document.activeElement.blur()')
    page.keyboard.press(' ')
    wait_until(lambda: control.order is Order.START)


def test_an_order_that_is_refused_says_why(page, control):
    control.enter(Phase.READY)
    shows(page, '#episode', 'ready')
    page.keyboard.press('f')
    shows(page, '#said', "not done: the episode is ready: found order 'failure'; allowed: start")
    page.problems.clear()  # a browser counts the answer 409 as a problem


@pytest.mark.parametrize('way', ['mouse', 'Escape', 'Enter'])
def test_the_e_stop_is_pressed_and_released(page, button, resets, way):
    resets.append('reset')
    if way == 'mouse':
        page.hover('#e_stop')
        page.mouse.down()
    elif way == 'Enter':
        page.focus('#e_stop')
        page.keyboard.press('Enter')
    else:
        page.keyboard.press('Escape')
    shows(page, '#said', 'e-stop pressed')
    assert button.is_pressed
    page.wait_for_selector('#e_stop.pressed')
    page.wait_for_selector('[data-order=release]:not([disabled])')
    assert 'reset' not in allowed(page)
    page.mouse.up()
    page.click('[data-order=release]')
    page.wait_for_selector('[data-order=reset]:not([disabled])')
    assert not button.is_pressed
    page.click('[data-order=reset]')
    page.wait_for_function("() => document.querySelector('#said').textContent === 'reset'")


def test_an_e_stop_that_is_not_delivered_says_so_and_is_sent_until_it_is(page, button):
    page.context.set_offline(True)
    page.keyboard.press('Escape')
    shows(page, '#undelivered', 'NOT delivered: press the emergency stop of the robot')
    assert page.is_visible('#undelivered')
    assert not button.is_pressed
    page.context.set_offline(False)
    shows(page, '#said', 'e-stop pressed')
    assert button.is_pressed
    assert page.is_hidden('#undelivered')
    page.problems.clear()  # requests that failed


def test_two_browsers_and_a_reload_show_the_same(browser, page, server, control):
    control.enter(Phase.RUNNING)
    other = browser.new_page()
    other.goto(server.url, wait_until='domcontentloaded')
    for one in (page, other):
        shows(one, '#episode', 'running')
    other.click('[data-order=pause]')
    wait_until(lambda: control.order is Order.PAUSE)
    control.enter(Phase.PAUSED)
    shows(page, '#episode', 'paused')
    page.reload()
    shows(page, '#episode', 'paused')
    assert 'start' in allowed(page)
    other.close()


def test_without_a_connection_no_order_can_be_given(page, control, server):
    control.enter(Phase.RUNNING)
    shows(page, '#episode', 'running')
    server.__exit__(None, None, None)
    shows(page, '#verdict', 'no connection')
    assert allowed(page) == set()
    assert page.is_enabled('#e_stop')
    page.problems.clear()


def test_a_run_says_how_it_ended(page, progress, server):
    progress.finish('finished: 5 of 5 episodes')
    shows(page, '#said', 'finished: 5 of 5 episodes')
    assert page.text_content('#verdict') == 'ended'
    server.__exit__(None, None, None)
    assert page.text_content('#verdict') == 'ended'
    assert allowed(page) == set()


def test_rates_ages_and_who_commands_are_shown(page, view):
    chunk = ActionChunk(0, 100_000_000, np.tile(CELL.home, (16, 1)))
    view.see_answer(0.25, chunk)
    view.rates.see('top', 0.03)
    view.see_status(FilterStatus(Verdict.PASS, human=('arm',)))
    shows(page, '#facts', '250 ms old, its chunk plays 1600 ms')
    shows(page, '#facts', 'human: arm')
    shows(page, '#facts', '0 Hz, 30 ms old')


def test_silence_of_the_filter_is_told(page, clock):
    clock.now_s += 5.0
    shows(page, '#verdict', 'no action')


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
