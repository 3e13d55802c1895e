import importlib.metadata
import json
from pathlib import Path
import subprocess
import sys

import pytest
from vla_lerobot.lerobot_import import quiet_lerobot
from vla_lerobot.package_map import package_map

# The library's own, whoever has replaced it in this process.
_SAID_BY_THE_LIBRARY = """
import importlib.metadata, json
print(json.dumps(importlib.metadata.packages_distributions()))
"""


@pytest.fixture
def site(tmp_path, monkeypatch) -> Path:
    """Return a folder of packages that alone is searched for distributions."""
    found = importlib.metadata.distributions
    monkeypatch.setattr(importlib.metadata, 'distributions', lambda: found(path=[str(tmp_path)]))
    return tmp_path


def install(site: Path, name: str, record: str, files: list[str], declared: str = '') -> None:
    for file in files:
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).touch()
    information = site / f'{name}-1.0.dist-info'
    information.mkdir()
    (information / 'METADATA').write_text(f'Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n')
    (information / 'RECORD').write_text(record)
    if declared:
        (information / 'top_level.txt').write_text(declared)


def installed_by_pip(site: Path) -> None:
    install(
        site,
        'one',
        'gone/x.py,,\nhere/first.py,,\nhere/second.py,,\n"with,comma/x.py",,\n../../bin/one,,\n'
        'single.py,,\nlost.py,,\none-1.0.dist-info/RECORD,,\n',
        ['here/second.py', 'with,comma/x.py', 'single.py'],
    )
    install(site, 'two', 'here/third.py,,\nother/x.py,,\n', ['here/third.py', 'other/x.py'])
    install(site, 'three', 'said/x.py,,\n', ['said/x.py'], declared='declared\ndeclared\nmore\n')
    install(site, 'four', '', [])


def installed_by_setup(site: Path) -> None:
    information = site / 'old-1.0.egg-info'
    information.mkdir()
    (information / 'PKG-INFO').write_text('Metadata-Version: 1.0\nName: old\nVersion: 1.0\n')
    (information / 'SOURCES.txt').write_text('setup.py\nold/__init__.py\n')
    (site / 'old').mkdir()
    (site / 'old' / '__init__.py').touch()


def test_a_package_is_of_the_distributions_that_have_a_file_of_it(site):
    installed_by_pip(site)
    found = package_map()
    assert sorted(found.pop('here')) == ['one', 'two']
    assert found == {
        'with,comma': ['one'],
        'single': ['one'],
        'other': ['two'],
        'declared': ['three', 'three'],
        'more': ['three'],
    }


def test_it_says_what_the_library_says_of_packages_of_every_kind(site, monkeypatch):
    installed_by_pip(site)
    installed_by_setup(site)
    monkeypatch.undo()
    by_library = subprocess.run(
        [sys.executable, '-S', '-c', _SAID_BY_THE_LIBRARY],
        env={'PYTHONPATH': str(site)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    monkeypatch.setattr(sys, 'path', [str(site)])
    assert package_map() == json.loads(by_library)


def test_what_lerobot_imports_asks_it(monkeypatch):
    monkeypatch.setattr(importlib.metadata, 'packages_distributions', None)
    quiet_lerobot()
    assert importlib.metadata.packages_distributions is package_map
