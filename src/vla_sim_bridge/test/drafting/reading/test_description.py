import mujoco
import pytest
from vla_contract.errors import ContractError
from vla_sim_bridge.drafting.reading.description import format_of, read_description

SCENE = """<mujoco><worldbody>
  <light pos="0 0 3"/><camera name="eye" pos="1 0 1"/><geom type="plane" size="1 1 1"/>
  <body name="box" pos="1 0 0"><freejoint/><geom size="0.1"/></body>
  <body name="arm" pos="0.5 0 1"><geom size="0.1"/>
    <body name="link"><joint name="j1"/><geom size="0.1"/></body></body>
  {more}</worldbody></mujoco>"""


def read(tmp_path, more: str = '', **values: str) -> tuple[dict, mujoco.MjModel]:
    path = tmp_path / 'scene.xml'
    path.write_text(SCENE.format(more=more))
    found = read_description({'mjcf': 'scene.xml', **values}, tmp_path)
    return found.model, found.spec.compile()


def test_the_arm_of_a_scene_is_taken_to_the_origin(tmp_path):
    section, model = read(tmp_path)
    assert section == {'mjcf': 'scene.xml', 'base_frame': 'arm', 'base_body': 'arm'}
    assert [model.body(i).name for i in range(model.nbody)] == ['world', 'arm', 'link']
    assert model.body('arm').pos.tolist() == [0.0, 0.0, 0.0]
    assert (model.ncam, model.nlight) == (0, 0)


def test_of_two_arms_the_whole_world_is_the_base_without_its_objects(tmp_path):
    other = '<body name="other"><joint name="j2"/><geom size="0.1"/></body>'
    section, model = read(tmp_path, other)
    assert section['base_body'] == 'world'
    names = [model.body(i).name for i in range(model.nbody)]
    assert names == ['world', 'arm', 'link', 'other']
    assert model.body('arm').pos.tolist() == [0.5, 0.0, 1.0]


def test_a_base_that_is_no_root_is_refused(tmp_path):
    with pytest.raises(ContractError, match="base_body: found 'link'; allowed: box, arm or world"):
        read(tmp_path, base_body='link')


def test_the_ending_says_what_a_file_is():
    assert format_of('a/b.urdf.xacro') == 'xacro'
    assert format_of('package://x/b.URDF') == 'urdf'
    with pytest.raises(ContractError, match="found ending '.sdf'"):
        format_of('b.sdf')


def test_a_urdf_is_read_as_leniently_as_a_robots_file_is(tmp_path):
    (tmp_path / 'r.urdf').write_text(
        '<robot name="r"><link name="a"/><joint name="j" type="continuous"><parent link="a"/>'
        '<child link="b"/><limit drake:acceleration="2.5" effort="1" velocity="1"/></joint>'
        '<link name="b"><inertial><mass value="1"/></inertial></link></robot>'
    )
    found = read_description({'urdf': 'r.urdf'}, tmp_path)
    assert found.urdf is not None
    assert found.urdf.find('joint/limit').get('velocity') == '1'
