"""Add up JUnit files; fail when fewer tests ran than expected, or one failed."""

from pathlib import Path
import sys
from xml.etree import ElementTree


def main() -> int:
    """Print 'N passed, N failed, N skipped' as the last line."""
    expected, paths = int(sys.argv[1]), [Path(path) for path in sys.argv[2:]]
    totals = {'tests': 0, 'failures': 0, 'errors': 0, 'skipped': 0}
    for path in paths:
        root = ElementTree.parse(path).getroot()
        for suite in root.iter('testsuite'):
            for key in totals:
                totals[key] += int(suite.get(key, 0))
        for case in root.iter('testcase'):
            for problem in [*case.iter('failure'), *case.iter('error')]:
                # Last in the log, so that whoever reads only its end knows what failed.
                print(f'FAILED {case.get("classname")}.{case.get("name")}')
                print('\n'.join((problem.text or '').splitlines()[-40:]))
    failed = totals['failures'] + totals['errors']
    passed = totals['tests'] - failed - totals['skipped']
    status = 0
    if failed:
        status = 1
    if passed < expected:
        print(f'error: {passed} tests passed; expected at least {expected}')
        status = 1
    print(f'{passed} passed, {failed} failed, {totals["skipped"]} skipped')
    return status


if __name__ == '__main__':
    sys.exit(main())
