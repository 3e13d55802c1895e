"""No package of the environment is under a licence that Apache-2.0 software may not link."""

from importlib.metadata import distributions
import re

# GPL and AGPL, but not LGPL; and what may not be sold.
REFUSED = re.compile(
    r'(?<!L)(?<!Lesser )(\bA?GPL|GNU General|Affero)|non-?commercial|BY-NC', re.IGNORECASE
)
READ = {
    'axe-playwright-python': 'MIT, in its licence file; the axe-core in it MPL-2.0',
    'docutils': 'public domain but for an Emacs mode, which is GPL and not installed',
    'cmeel-qhull': "Qhull's licence, like MIT, in its source",
    'cuda-toolkit': "NVIDIA's; empty, it names the CUDA packages",
    'openpi-client': 'Apache-2.0, in its repository',
    'setuptools': 'MIT, in its licence file',
}
"""What a person read, of packages that do not say it well themselves."""


def licence(distribution) -> str:
    """Return everything that a package says of its licence, '' for nothing."""
    said = distribution.metadata
    kinds = [c for c in said.get_all('Classifier') or [] if c.startswith('License')]
    # A whole licence may stand in the field; its first line is its name.
    lines = (said.get('License') or '').strip().splitlines()[:1]
    return '; '.join(filter(None, [said.get('License-Expression'), *kinds, *lines]))


def is_of_ros(distribution) -> bool:
    """Whether a package is a wheel of ROS, BSD or Apache-2.0 by its package.xml."""
    name = distribution.metadata['Name'].replace('-', '_')
    own = ('ros_', 'rosidl_', 'rcl', 'rcutils', 'rmw_', 'rosgraph_', 'type_description_')
    return name.startswith(own) or name.endswith(('_msgs', '_srvs', '_interfaces'))


def test_no_licence_is_refused():
    found = {d.metadata['Name']: licence(d) for d in distributions()}
    assert len(found) > 300
    refused = {name: text for name, text in found.items() if REFUSED.search(text)}
    assert refused.keys() <= READ.keys(), refused


def test_every_package_says_its_licence():
    silent = {d.metadata['Name'] for d in distributions() if not licence(d) and not is_of_ros(d)}
    assert silent <= READ.keys()
