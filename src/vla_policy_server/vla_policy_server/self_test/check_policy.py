"""Check that a policy uses its images, instruction and state, and the units of its deployment."""

import argparse
from collections.abc import Iterable
from pathlib import Path
import sys

from vla_contract.check import Check, Status
from vla_contract.cli.command import (
    command_parser,
    DONE,
    NOT_GOOD_ENOUGH,
    run_command,
    write_json,
)
from vla_contract.cli.deployment_arguments import add_deployment, deployment_of
from vla_contract.cli.path_types import file_to_write
from vla_contract.cli.terminal import announce, status_painted
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError, PolicyMismatchError
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.self_test.checks import run_checks
from vla_policy_server.self_test.golden_frames import GOLDEN_FRAMES, save_golden_frames
from vla_policy_server.self_test.subject import Subject, subject_of


def check_policy(args: argparse.Namespace) -> int:
    """Load the policy and run every check.

    Returns:
        0 when none failed, 1 when the policy does not fit or a check failed.
    """
    deployment = deployment_of(args)
    announce(f'loading {deployment.policy.name}')
    try:
        policy = make_policy(deployment, args.device)
    except PolicyMismatchError as error:
        _report(args, deployment, [Check('deployment', Status.FAIL, str(error), 'fits', '')])
        return NOT_GOOD_ENOUGH
    subject = subject_of(deployment, policy, args.dataset)
    for note in getattr(policy, 'notes', ()):
        print(f'note  {note}')
    if not _report(args, deployment, run_checks(subject)):
        return NOT_GOOD_ENOUGH
    if args.write_golden:
        _write_golden(subject)
    return DONE


def _report(args: argparse.Namespace, deployment: Deployment, checks: Iterable[Check]) -> bool:
    """Print each check as it comes, write --json, and return whether none failed."""
    found: list[Check] = []
    for check in checks:
        found.append(check)
        print(
            f'{status_painted(f"{check.status:<5}", check.status)} {check.name:<14} {check.found}'
        )
        if check.status in (Status.FAIL, Status.WARN) and check.fix:
            print(f'      what helps: {check.fix}')
    failed = [check.name for check in found if check.status is Status.FAIL]
    print(f'failed: {", ".join(failed)}' if failed else 'no check failed')
    if args.json:
        rows = {check.name: {'status': check.status, 'found': check.found} for check in found}
        summary = {
            'policy': deployment.policy.name,
            'robot': deployment.cell.robot.name,
            'cell': deployment.cell.name,
            'cell_sha256': deployment.cell.sha256,
            'deployment': deployment.name,
            'deployment_sha256': deployment.sha256,
            'passed': not failed,
        }
        write_json(args.json, {**summary, 'checks': rows})
    return not failed


def _write_golden(subject: Subject) -> None:
    folder = Path(subject.checkpoint.source) if subject.checkpoint else None
    if subject.golden is None or folder is None or not folder.is_dir():
        raise PolicyError('--write-golden needs --dataset and a checkpoint in a folder')
    save_golden_frames(subject.golden, subject.deployment.cell, folder / GOLDEN_FRAMES)
    print(f'wrote {folder / GOLDEN_FRAMES}')


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'check policy',
        'Check that a policy uses images, instruction and state, and the units of its deployment.',
        'vla check policy runs/act --dataset datasets/lift_cube',
    )
    parser.add_argument('policy', nargs='?', default=argparse.SUPPRESS, help='as --policy')
    add_deployment(parser)
    parser.add_argument('--device', default='cpu', help='torch device of the policy')
    parser.add_argument(
        '--dataset',
        type=Path,
        help=f"golden frames from here; else the checkpoint's {GOLDEN_FRAMES}",
    )
    parser.add_argument(
        '--write-golden', action='store_true', help="keep the dataset's frames with the checkpoint"
    )
    parser.add_argument('--json', type=file_to_write(), help='also write the result here')
    args = parser.parse_args(argv)
    return run_command(lambda: check_policy(args))


if __name__ == '__main__':
    sys.exit(main())
