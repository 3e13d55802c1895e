"""Writes what was identified as a randomisation of the simulator."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from vla_contract.whole_file import write_whole
from vla_identification.arm.findings import Finding
from vla_identification.arm.unknowns import Unknown


def write_randomization(
    path: Path, findings: Iterable[Finding], unknowns: Iterable[Unknown], comment: str
) -> None:
    """Write a randomisation whose ranges are the estimates and two deviations to either side.

    Drawn as `gaussian`, that is the posterior itself. What the motion did not tell keeps the
    width of the prior around it. Correlations between numbers are not kept.

    Args:
        path: YAML to write.
        findings: as `findings_of` gives them, the numbers of a term one after the other.
        unknowns: give the ends that no number may pass.
        comment: heads the file.
    """
    ends = {unknown.term: (unknown.lower, unknown.upper) for unknown in unknowns}
    lines = [f'# {line}' for line in comment.splitlines()] + ['terms:']
    for term, group in groupby(findings, key=lambda finding: finding.term):
        numbers = list(group)
        pairs = [_range(finding, *(end[k] for end in ends[term]))
                 for k, finding in enumerate(numbers)]  # fmt: skip
        unit = f'  # [{numbers[0].unit}]' if numbers[0].unit else ''
        if not numbers[0].joint:
            lines.append(f'  {term}: {{range: {pairs[0]}, distribution: gaussian}}{unit}')
            continue
        lines.append(f'  {term}:{unit}')
        lines.append('    distribution: gaussian')
        lines.append('    ranges:')
        lines += [
            f'      - {pair}  # {finding.joint}: {finding.verdict}'
            for pair, finding in zip(pairs, numbers, strict=True)
        ]
    write_whole(path, '\n'.join(lines) + '\n')


def _range(finding: Finding, lower: float, upper: float) -> str:
    low = max(finding.value - 2.0 * finding.sigma, float(lower))
    high = min(finding.value + 2.0 * finding.sigma, float(upper))
    return f'[{low:.6g}, {high:.6g}]'
