"""Episodes as test cases, for machines that show JUnit."""

from pathlib import Path
from xml.etree import ElementTree

from vla_rollout.report.runs import outcome, Run


def write_junit(path: Path, runs: list[Run]) -> None:
    """Write one suite per run and one case per episode."""
    root = ElementTree.Element('testsuites')
    for run in runs:
        failures = len(run.results) - run.successes
        suite = ElementTree.SubElement(
            root,
            'testsuite',
            name=run.folder.name,
            tests=str(len(run.results)),
            failures=str(failures),
        )
        for result in run.results:
            case = ElementTree.SubElement(
                suite,
                'testcase',
                classname=run.folder.name,
                name=f'seed {result["seed"]}',
                time=f'{result["duration_s"]:.3f}',
            )
            if not result['success']:
                failure = ElementTree.SubElement(case, 'failure', message=outcome(result))
                failure.text = '\n'.join(result.get('alarms') or [])
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(path, encoding='utf-8', xml_declaration=True)
