"""The example of permissions for SROS 2 has what the nodes use, and lets nobody else command."""

import re
from xml.etree import ElementTree

from package_facts import ROOT
import pytest

FOLDER = ROOT / 'config' / 'security'
OWN = {
    'action_filter': 'vla_action_filter',
    'policy_server': 'vla_policy_server',
    'recorder': 'vla_rollout',
    'supervisor': 'vla_rollout',
    'teleop_node': 'vla_teleop',
}
# Of the simulator, or of another kind of controller.
NOT_BESIDE_A_ROBOT = ('sim/', 'fault', 'policy_action', 'forward_position_controller/')
ROWS = re.compile(r'^\| `([\w/]+)` \| (publishes|subscribes|[\w/]+) \|', re.MULTILINE)


def allowed(element, rule):
    """Return what an element allows by a rule such as publish."""
    return {name.text.strip() for part in element if part.get(rule) == 'ALLOW' for name in part}


@pytest.fixture(scope='module')
def enclaves():
    """Return the profile of each enclave, by its last name."""
    root = ElementTree.parse(FOLDER / 'policy.xml').getroot()
    found = {}
    for enclave in root.iter('enclave'):
        assert enclave.get('path').startswith('/vla/')
        (found[enclave.get('path').rpartition('/')[2]],) = enclave.iter('profile')
    return found


def node_table(node):
    page = (ROOT / 'src' / OWN[node] / 'README.md').read_text()
    section = page.partition(f'\n### {node}\n')[2].partition('\n### ')[0]
    return ROWS.findall(section)


@pytest.mark.parametrize('node', OWN)
def test_a_node_may_do_what_its_readme_says_it_does(enclaves, node):
    common = ElementTree.parse(FOLDER / 'node.xml').getroot()
    rules = {'publishes': 'publish', 'subscribes': 'subscribe'}
    rows = node_table(node)
    assert len(rows) > 4
    for name, does in rows:
        rule = rules.get(does, 'reply')
        if does.startswith('std_srvs') or does in rules:
            permitted = allowed(enclaves[node], rule) | allowed(common, rule)
            stars = [entry.removesuffix('*') for entry in permitted if entry.endswith('*')]
            if name.startswith(NOT_BESIDE_A_ROBOT) and does in rules:
                continue
            assert name in permitted or any(name.startswith(star) for star in stars), name


@pytest.mark.parametrize(
    ('topic', 'who'),
    [
        ('speed_scale', {'supervisor'}),
        ('joint_trajectory_controller/joint_trajectory', {'action_filter'}),
        ('policy_chunk', {'policy_server', 'operator'}),
        ('policy_server/identity', {'policy_server'}),
        ('teleop_chunk', {'teleop_node'}),
        ('watch', {'operator', 'teleop_node'}),
        ('e_stop', {'e_stop'}),
        ('joint_states', {'robot'}),
    ],
)
def test_only_these_publish(enclaves, topic, who):
    publishers = {
        name for name, profile in enclaves.items() if topic in allowed(profile, 'publish')
    }
    assert publishers == who
    assert not any('*' in allowed(profile, 'publish') for profile in enclaves.values())


@pytest.mark.parametrize(
    ('service', 'who'),
    [
        ('action_filter/set_parameters', {'supervisor'}),
        ('policy_server/set_parameters', {'supervisor'}),
        ('action_filter/change_state', {'supervisor', 'operator'}),
        ('supervisor/set_parameters', {'operator'}),
        ('supervisor/release', {'operator'}),
        ('action_filter/reset', {'operator'}),
        ('action_filter/take_over', {'operator', 'teleop_node'}),
    ],
)
def test_only_these_order(enclaves, service, who):
    assert {n for n, profile in enclaves.items() if service in allowed(profile, 'request')} == who


def test_what_all_nodes_may_do_is_no_order():
    common = ElementTree.parse(FOLDER / 'node.xml').getroot()
    assert allowed(common, 'request') == set()
