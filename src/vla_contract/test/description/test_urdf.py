"""URDFs as they are found: other meshes, no inertia, prefixes that nobody declared."""

from pathlib import Path
import struct
from xml.etree import ElementTree

import pytest
from vla_contract.description.urdf import prepare_urdf

TRIANGLE = b'\0' * 80 + struct.pack('<I', 1) + struct.pack('<12f', *range(12)) + b'\0\0'


def link(text: str) -> str:
    return f'<robot name="r"><link name="a">{text}</link></robot>'


def mesh(name: str, kind: str = 'collision') -> str:
    return f'<{kind}><geometry><mesh filename="{name}"/></geometry></{kind}>'


def root(text: str, folder: Path) -> ElementTree.Element:
    return ElementTree.fromstring(prepare_urdf(text, folder / 'r.urdf').text)


@pytest.mark.parametrize(
    'name', ['package://maker_description/m/a.stl', 'm/a.stl', 'file://m/a.stl', 'm/a.dae']
)
def test_meshes_are_found(tmp_path, name):
    folder = tmp_path / 'maker_description'
    (folder / 'm').mkdir(parents=True)
    (folder / 'm/a.stl').write_bytes(TRIANGLE)
    (folder / 'm/a.dae').write_text('<COLLADA/>')
    found = root(link(mesh(name)), folder).find('link/collision/geometry/mesh')
    assert found.get('filename') == str(folder / 'm/a.stl')


def test_meshes_that_mujoco_cannot_read_are_left_out_and_told(tmp_path):
    (tmp_path / 'a.dae').write_text('<COLLADA/>')
    (tmp_path / 'ascii.stl').write_text('solid\nendsolid')
    text = link(mesh('a.dae', 'visual') + mesh('ascii.stl') + mesh('package://nobody/a.stl'))
    found = prepare_urdf(text, tmp_path / 'r.urdf')
    assert 'mesh' not in found.text
    assert [problem.split(':')[0] for problem in found.left_out] == [
        'visual of a', 'collision of a', 'collision of a',
    ]  # fmt: skip
    assert 'MuJoCo reads .stl, .obj, .msh' in found.left_out[0]
    assert 'no binary STL' in found.left_out[1]
    assert 'nobody' in found.left_out[2]


@pytest.mark.parametrize(
    ('inertial', 'told'),
    [
        ('<mass value="2"/>', 'no inertia'),
        ('<mass value="0"/><inertia ixx="1"/>', 'mass 0 kg'),
        ('<mass value="2"/><inertia ixx="-1" iyy="1" izz="1"/>', 'raised to 0.01'),
        ('<mass value="2"/><inertia ixx="0" iyy="0" izz="0"/>', 'no positive inertia'),
    ],
)
def test_inertias_that_no_body_has_are_mended_and_told(tmp_path, inertial, told):
    found = prepare_urdf(link(f'<inertial>{inertial}</inertial>'), tmp_path / 'r.urdf')
    assert len(found.left_out) == 1
    assert told in found.left_out[0]
    given = ElementTree.fromstring(found.text).find('link/inertial/inertia')
    if given is not None:
        assert min(float(given.get(name)) for name in ('ixx', 'iyy', 'izz')) > 0.0


def test_a_sound_inertia_stays_to_the_last_digit(tmp_path):
    inertia = '<inertia ixx="0.1" ixy="1e-3" iyy="0.2" izz="0.3"/>'
    text = link(f'<inertial><mass value="2"/>{inertia}</inertial>')
    found = root(text, tmp_path).find('link/inertial/inertia')
    assert [found.get(name) for name in ('ixx', 'ixy')] == ['0.1', '1e-3']


def test_prefixes_that_nobody_declared_are_no_error(tmp_path):
    text = '<robot name="r"><link name="a"/><gazebo:x/><joint drake:a="1" xlink:b="2"/></robot>'
    assert root(text, tmp_path).find('link').get('name') == 'a'
