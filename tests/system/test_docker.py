"""What Dockerfiles, compose file and entrypoint name exists; no image is built here."""

import os
from pathlib import Path
import re

from documents.command_checks import check_line, check_words
from package_facts import ROOT
import pytest
from vla_contract.schema import load_yaml

DOCKER = ROOT / 'docker'
DOCKERFILES = sorted(DOCKER.rglob('Dockerfile'))
COMPOSE = load_yaml(DOCKER / 'compose.yaml')
OPENVLA_IMAGE = 'openvla-worker'


def instructions(path: Path) -> list[tuple[str, str]]:
    """Return name and text of every instruction, lines joined, without comments."""
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith('#')]
    joined = re.sub(r'\s*\\\n\s*', ' ', '\n'.join(lines))
    pairs = (line.split(maxsplit=1) for line in joined.splitlines() if line.strip())
    return [(name, text) for name, text in pairs]


def options_removed(text: str) -> list[str]:
    return [word for word in text.split() if not word.startswith('--')]


@pytest.mark.parametrize('path', DOCKERFILES, ids=lambda p: str(p.relative_to(DOCKER)))
def test_every_stage_and_every_copied_path_exists(path):
    stages = set()
    for name, text in instructions(path):
        if name == 'FROM':
            stages |= set(re.findall(r' AS (\w+)$', text))
        elif name == 'COPY' and '--from=' in text:
            assert re.findall(r'--from=(\w+)', text)[0] in stages
        elif name == 'COPY':
            *sources, _ = options_removed(text)
            for source in sources:
                assert (ROOT / source).exists() or list(ROOT.glob(source)), source


@pytest.mark.parametrize('path', DOCKERFILES, ids=lambda p: str(p.relative_to(DOCKER)))
def test_the_image_runs_as_an_ordinary_user(path):
    users = [text for name, text in instructions(path) if name == 'USER']
    assert users[-1] == '1000'


def test_the_stages_of_the_image_are_those_that_the_issue_of_packaging_needs():
    froms = [text for name, text in instructions(DOCKER / 'Dockerfile') if name == 'FROM']
    assert [text.split(' AS ')[1] for text in froms] == [
        *('manifests', 'dependencies', 'environment', 'build', 'test', 'runtime')
    ]


def test_every_command_of_the_image_could_run():
    for name, text in instructions(DOCKER / 'Dockerfile'):
        if name == 'RUN':
            command = ' '.join(options_removed(text)) if '--mount' in text else text
            for part in command.split('&&'):
                if part.split()[0] in ('.', 'make', 'tools/setup.sh'):
                    check_line(part.replace('"/opt/ros/$ROS_DISTRO/setup.bash"', '/opt/ros/x'))
        elif name == 'CMD':
            check_words(re.findall(r'"([^"]+)"', text))


def test_the_entrypoint_is_executable_and_sources_what_is_there():
    (entrypoint,) = [t for n, t in instructions(DOCKER / 'Dockerfile') if n == 'ENTRYPOINT']
    script = ROOT / re.findall(r'/workspace/([^"]+)', entrypoint)[0]
    assert os.access(script, os.X_OK)
    sourced = re.findall(r'^\. /workspace/(\S+)', script.read_text(), re.MULTILINE)
    assert sourced
    assert all((ROOT / path).is_file() for path in sourced)


def test_there_is_a_profile_for_every_kind_of_machine():
    profiles = [service['profiles'] for service in COMPOSE['services'].values()]
    assert profiles == [['sim'], ['real'], ['gpu'], ['openvla']]


@pytest.mark.parametrize('name', COMPOSE['services'])
def test_what_a_service_names_exists(name):
    service = COMPOSE['services'][name]
    build = service['build']
    dockerfile = DOCKER / build['context'] / build['dockerfile']
    assert dockerfile.is_file()
    if 'target' in build:
        assert f' AS {build["target"]}\n' in dockerfile.read_text()
    words = [re.sub(r'\$\{\w+:-([^}]*)\}', r'\1', word) for word in service['command']]
    image = [*('docker', 'run', OPENVLA_IMAGE)] if service['image'] == OPENVLA_IMAGE else []
    check_words(image + words)


def test_host_folders_of_the_services_are_in_the_workspace_or_ignored_by_git():
    ignored = (ROOT / '.gitignore').read_text().splitlines()
    for service in COMPOSE['services'].values():
        for volume in service['volumes']:
            if volume.startswith('../'):
                folder = volume.split(':')[0].removeprefix('../')
                assert (ROOT / folder).is_dir() or f'{folder}/' in ignored, folder
