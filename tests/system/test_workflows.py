"""Continuous integration and pre-commit name what exists, in the versions used here."""

import re

from documents.command_checks import check_line
from documents.shell_blocks import split_lines
from package_facts import ROOT
import pytest
from release_notes import release_notes
from vla_contract.errors import VlaError
from vla_contract.schema import load_yaml

WORKFLOWS = sorted((ROOT / '.github' / 'workflows').glob('*.yml'))
HOOKS = load_yaml(ROOT / '.pre-commit-config.yaml')['repos'][0]['hooks']
STEPS = [
    (path.stem, name, step)
    for path in WORKFLOWS
    for name, job in load_yaml(path)['jobs'].items()
    for step in job['steps']
]


def test_every_way_to_run_the_workspace_is_tried():
    jobs = {name for _, name, _ in STEPS}
    assert jobs == {'lint', 'core', 'wheels', 'jazzy', 'simulation', 'release'}


@pytest.mark.parametrize(
    'command', [c for _, _, s in STEPS if 'run' in s for c in split_lines(s['run'])]
)
def test_every_command_of_a_workflow_could_run(command):
    check_line(command)


def test_results_of_simulation_and_tests_are_kept():
    kept = {job for _, job, step in STEPS if 'upload-artifact' in step.get('uses', '')}
    assert kept == {'wheels', 'jazzy', 'simulation'}


def test_the_hooks_check_with_the_versions_of_the_environment():
    required = (ROOT / 'requirements-dev.txt').read_text()
    ruff = [h['additional_dependencies'] for h in HOOKS if h['id'].startswith('ruff')]
    assert len(ruff) == 2
    assert all(re.search(rf'^{names[0]}$', required, re.MULTILINE) for names in ruff)


@pytest.mark.parametrize('hook', [h for h in HOOKS if 'files' in h], ids=lambda h: h['id'])
def test_the_files_of_a_hook_exist(hook):
    paths = [path for folder in ('tools', 'docker', '.ci') for path in (ROOT / folder).rglob('*')]
    files = (str(path.relative_to(ROOT)) for path in paths)
    assert any(re.search(hook['files'], file) for file in files)


def test_a_release_has_the_version_of_every_package_and_its_section_of_the_changelog():
    assert release_notes('v0.1.0').startswith('The first edition')
    with pytest.raises(VlaError, match=r'version: found 0\.1\.0; the tag says 9\.9\.9'):
        release_notes('v9.9.9')
