"""Every page is true as far as a machine can tell: commands, links, messages, examples.

Commands are parsed by their own parsers here; tests/documents/walk.py runs them.
"""

import ast
from functools import cache
import re
import sys

from documents.command_checks import check_line
from documents.pages import COMMANDS, PAGES
from documents.rehearsal import is_mention, NEEDS, needs, rehearsed
from documents.shell_blocks import simple_commands
import numpy as np
from package_facts import PACKAGES, ROOT
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.values import Observation
from vla_policy_server.backends.registry import make_policy
from vla_rollout.preflight.questions import QUESTIONS

# Written from the sources, where another test compares them.
GENERATED = sorted(ROOT.glob('src/*/README.md'))
FOR_THE_PROJECT = [ROOT / 'CHANGELOG.md', ROOT / 'SECURITY.md']
_LINK = re.compile(r'\]\(([^)\s]+)\)')


@pytest.mark.parametrize('command', COMMANDS)
def test_a_command_names_what_exists_and_options_that_its_parser_knows(command):
    check_line(command)


def test_what_the_walk_leaves_out_is_still_there_and_what_runs_it_instead():
    commands = [' '.join(w) + ' ' for line in COMMANDS for w in simple_commands(line)]
    for begin, reason in NEEDS.items():
        assert any(command.startswith(begin) for command in commands), f'{begin}: in no document'
        for name in re.findall(r'test_\w+', reason):
            places = (f'tests/system/{name}.py', f'src/*/test/**/{name}.py')
            assert any(list(ROOT.glob(place)) for place in places), name


def test_what_the_walk_runs_does_not_need_the_ros2_command():
    lines = [rehearsed(line) for line in COMMANDS if not needs(line) and not is_mention(line)]
    assert not [line for line in lines if 'ros2 ' in line]


@pytest.mark.parametrize(
    'page', PAGES + GENERATED + FOR_THE_PROJECT, ids=lambda path: str(path.relative_to(ROOT))
)
def test_links_lead_somewhere(page):
    for link in _LINK.findall(page.read_text()):
        if link.startswith(('http://', 'https://')):
            continue
        path, _, anchor = link.partition('#')
        file = page.parent / path if path else page
        assert file.exists(), link
        if anchor:
            heads = re.findall(r'^#+ (.*)$', file.read_text(), re.MULTILINE)
            anchors = [re.sub(r'[^\w -]', '', head.lower()).replace(' ', '-') for head in heads]
            assert anchor in anchors, link


def test_the_index_lists_every_page():
    index = (ROOT / 'docs' / 'index.md').read_text()
    listed = set(_LINK.findall(index))
    docs = ROOT / 'docs'
    pages = {str(path.relative_to(docs)) for path in docs.rglob('*.md')} - {'index.md'}
    assert pages <= listed
    assert {f'../src/{package}/README.md' for package in PACKAGES} <= listed


def test_pictures_are_small_enough_to_clone():
    for picture in (ROOT / 'docs' / 'images').glob('*'):
        assert 0 < picture.stat().st_size <= 600_000, picture.name


@cache
def messages() -> str:
    """Return every text in the sources, placeholders as `*`; adjacent literals are one."""
    found = []
    for path in [*ROOT.glob('src/*/vla_*/**/*.py')]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = (str(v.value) if isinstance(v, ast.Constant) else '*' for v in node.values)
                found.append(''.join(parts))
    shell = ((ROOT / 'tools' / 'setup.sh').read_text(), (ROOT / 'Makefile').read_text())
    return '\n'.join([*found, *shell])


def test_the_messages_of_the_troubleshooting_page_are_still_said():
    page = (ROOT / 'docs' / 'troubleshooting.md').read_text()
    rows = re.findall(r'^\| `([^`]+)` \|', page, re.MULTILINE)
    assert len(rows) > 20
    gone = [
        row
        for row in rows
        if not all(part.strip() in messages() for part in row.split('…') if part.strip())
    ]
    assert not gone


def test_the_faults_of_the_safety_page_are_those_that_the_filter_names():
    page = (ROOT / 'docs' / 'safety.md').read_text()
    table = page[page.index('| fault |') :].partition('\n\n')[0]
    named = re.findall(r'`([a-z_ ]+)`', table)
    faults = [name for name in named if ' ' in name]
    assert len(faults) >= 6
    assert all(fault in messages() for fault in faults)


def test_the_checklist_page_asks_what_preflight_asks():
    page = (ROOT / 'docs' / 'checklist.md').read_text()
    items = re.findall(r'^\| ([^|]+?) \|', page, re.MULTILINE)[2:]
    assert all(question in items for question in QUESTIONS)
    assert all(item in messages() for item in items), 'preflight has no such item'


def test_the_example_of_a_backend_works(tmp_path, monkeypatch):
    page = (ROOT / 'docs' / 'backends.md').read_text()
    (code,) = re.findall(r'```python\n(.*?)```', page, re.DOTALL)
    (tmp_path / 'go_home.py').write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    deployment = load_deployment(backend='go_home:make_policy')
    cell = deployment.cell
    policy = make_policy(deployment, 'cpu')
    home = np.array([joint.home for joint in cell.joints])
    fastest = np.array([joint.velocity for joint in cell.joints])
    state = np.clip(home + 0.5, *np.array([(j.lower, j.upper) for j in cell.joints]).T)
    chunk = policy.infer(Observation(7, state, {}, ''))
    sys.modules.pop('go_home')
    assert chunk.stamp_ns == 7
    assert np.all(np.abs(chunk.positions[-1] - home) <= np.abs(state - home) + 1e-12)
    assert np.all(
        np.abs(np.diff(chunk.positions, axis=0))
        <= 0.2 * fastest / deployment.policy.rate_hz + 1e-9
    )
