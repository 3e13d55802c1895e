"""The site builds without a warning, and has every page, command and public name."""

import ast
import os
import subprocess
import sys

from mkdocs.utils.yaml import get_yaml_loader, yaml_load
from package_facts import commands, PACKAGES, ROOT
import pytest

# mkdocs ends with status 1 on the first page that it has to warn of; 45 s of a core.
ENVIRONMENT = os.environ | {'NO_MKDOCS_2_WARNING': '1'}


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp('site') / 'site'
    done = subprocess.run(
        [sys.executable, '-m', 'mkdocs', 'build', '--quiet', '--strict', '--site-dir', folder],
        cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return folder


def test_the_navigation_has_every_page():
    with (ROOT / 'mkdocs.yml').open() as stream:
        nav = yaml_load(stream, get_yaml_loader())['nav']
    pages = {str(path.relative_to(ROOT / 'docs')) for path in (ROOT / 'docs').rglob('*.md')}
    pages |= {f'reference/{package}.md' for package in PACKAGES}
    assert pages <= set(_leaves(nav))


def _leaves(node):
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _leaves(value)
    else:
        for value in node:
            yield from _leaves(value)


def test_the_page_of_commands_has_the_help_of_each(site):
    page = (site / 'reference' / 'commands.html').read_text()
    names = [name for package in PACKAGES for name in commands(package)]
    assert len(names) > 30
    assert [name for name in names if f'id="vla-{name.replace(" ", "-")}"' not in page] == []
    assert page.count('usage: vla') == len(names)


def test_every_public_name_is_in_the_reference(site):
    pages = ''.join(path.read_text() for path in (site / 'reference' / 'api').glob('*.html'))
    names = list(_public_names())
    assert len(names) > 2000
    assert [name for name in names if f'id="{name}"' not in pages] == []


def _public_names():
    """Yield every module, class and function of the packages that no underscore hides."""
    for package in PACKAGES:
        root = ROOT / 'src' / package
        for path in (root / package).rglob('*.py'):
            parts = path.relative_to(root).with_suffix('').parts
            if parts[-1] == '__init__':
                parts = parts[:-1]
            module = '.'.join(parts)
            yield module
            for node in ast.parse(path.read_text()).body:
                is_named = isinstance(node, ast.FunctionDef | ast.ClassDef)
                if is_named and not node.name.startswith('_'):
                    yield f'{module}.{node.name}'


def test_what_stands_outside_of_the_pages_is_linked_to_inside_the_site(site):
    page = (site / 'lerobot_robots.html').read_text()
    assert 'href="files/config/lerobot_robots/so101.yaml"' in page
    assert (site / 'files' / 'config' / 'lerobot_robots' / 'so101.yaml').is_file()
    assert 'href="reference/vla_rollout.html"' in (site / 'viewing.html').read_text()
