import mujoco
from vla_sim_bridge.drafting.kinematics.joint_tree import JointTree, names

SCENE = """<mujoco><worldbody>
  <body name="ball"><freejoint/><geom size="0.1"/>
    <body name="flag"><joint name="flag"/><geom size="0.1"/></body></body>
  <body name="base"><geom size="0.1"/>
    <body name="a"><joint name="a" axis="0 0 1"/><geom size="0.1"/>
      <body name="a_cover"><geom size="0.1"/>
        <body name="b"><joint name="b" type="slide"/><joint name="b2"/><geom size="0.1"/></body>
        <body name="c"><joint name="c" type="slide"/><geom size="0.1"/></body>
      </body></body></body>
  </worldbody>
  <tendon><fixed name="both"><joint joint="b" coef="1"/><joint joint="b2" coef="1"/></fixed>
  </tendon>
  <equality><joint joint1="a" joint2="c"/></equality>
  <actuator><motor joint="a"/><motor tendon="both"/></actuator></mujoco>"""


def tree() -> JointTree:
    return JointTree(mujoco.MjModel.from_xml_string(SCENE))


def test_joints_of_objects_are_no_joints_of_the_robot():
    assert names(tree(), tree().joints) == ('a', 'b', 'b2', 'c')


def test_the_chain_above_a_joint_begins_at_the_base():
    found = tree()
    assert names(found, found.above(found.index('b2'))) == ('a', 'b')
    assert names(found, found.below(found.index('a'))) == ('b', 'b2', 'c')


def test_what_is_fixed_to_a_moving_body_moves_with_it():
    found = tree()
    link = [found.model.body(body).name for body in found.link(found.index('a'))]
    assert link == ['a', 'a_cover']
    assert [found.model.body(body).name for body in found.link(-1)] == ['base']


def test_who_moves_a_joint_is_told_by_actuators_tendons_and_equalities():
    found = tree()
    assert names(found, found.motors) == ('a',)
    assert [names(found, pulled) for pulled in found.tendons.values()] == [('b', 'b2')]
    # The equality is written the other way round, but a has the motor.
    assert {found.name(f): found.name(lead) for f, lead in found.followers.items()} == {'c': 'a'}
    assert found.is_driven(found.index('b2'))
    assert not found.is_driven(found.index('c'))
