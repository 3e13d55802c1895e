"""Print what CHANGELOG.md says of a version, after asking that every package has it.

python tools/release_notes.py v0.1.0
"""

import argparse
import re
import sys
from xml.etree import ElementTree

from package_facts import PACKAGES, ROOT
from vla_contract.cli.command import DONE, run_command
from vla_contract.errors import VlaError


def release_notes(tag: str) -> str:
    """Return the section of a version in the changelog.

    Args:
        tag: 'v' and the version.

    Raises:
        VlaError: a package has another version, or the changelog says nothing of it.
    """
    version = tag.removeprefix('v')
    for package in PACKAGES:
        manifest = ElementTree.parse(ROOT / 'src' / package / 'package.xml')
        found = manifest.findtext('version', '')
        if found != version:
            raise VlaError(f'{package}: version: found {found}; the tag says {version}')
    changes = (ROOT / 'CHANGELOG.md').read_text()
    section = re.search(rf'^## {re.escape(version)}.*?\n(.*?)(?=^## |\Z)', changes, re.M | re.S)
    if not section or not section[1].strip():
        raise VlaError(
            f'CHANGELOG.md: found no section {version}; what changes for a user goes there'
        )
    return section[1].strip() + '\n'


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('tag')
    args = parser.parse_args()

    def show() -> int:
        print(release_notes(args.tag), end='')
        return DONE

    return run_command(show)


if __name__ == '__main__':
    sys.exit(main())
