"""Arguments of commands that read recordings."""

import argparse


def add_namespace(parser: argparse.ArgumentParser) -> None:
    """Add --namespace."""
    parser.add_argument(
        '--namespace',
        default='',
        help='of the robot, where the recording has several; / for topics in none',
    )
