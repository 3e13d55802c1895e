"""Tune randomisation ranges on recorded rollouts (SimOpt)."""

import argparse
from pathlib import Path
import sys

import numpy as np
from vla_contract.cli.command import command_parser, DONE, run_command
from vla_contract.cli.deployment_arguments import add_scene, deployment_of
from vla_contract.cli.number_types import natural, positive
from vla_contract.cli.path_types import file_to_write
from vla_contract.cli.progress import Progress
from vla_contract.whole_file import require_free, write_whole
from vla_identification.arm.arm_simulator import ArmSimulator, Values
from vla_identification.motion_logs import load_logs
from vla_identification.simopt.simopt import Distribution, simopt, SimOptConfig
from vla_sim_bridge.randomization.randomization import known_terms, load_randomization


def prior_of(low: Values, high: Values) -> Distribution:
    """Return the Gaussian with the ends of the ranges two deviations from its middle."""
    lower, upper = (np.concatenate(list(ends.values())) for ends in (low, high))
    # No factor, delay, play or friction is below zero; an offset may be.
    is_signed = np.concatenate([np.full(len(v), (v < 0.0).any()) for v in low.values()])
    return Distribution(
        terms={name: len(values) for name, values in low.items()},
        mean=(lower + upper) / 2.0,
        covariance=np.diag(((upper - lower) / 4.0) ** 2),
        lower=np.where(is_signed, -np.inf, 0.0),
        upper=np.full(len(upper), np.inf),
    )


def tune(args: argparse.Namespace) -> int:
    """Update the distribution and write it."""
    require_free(args.output, args.force)
    deployment = deployment_of(args)
    recordings = load_logs(args.log, deployment.cell)
    simulator = ArmSimulator(deployment)
    prior = prior_of(*simulator.ends(load_randomization(args.randomization)))
    config = SimOptConfig(iterations=args.iterations, samples=args.samples)
    total = config.iterations * config.samples * len(recordings)
    with Progress(total, 'rollouts') as progress:
        rng = np.random.default_rng(args.seed)
        found = simopt(simulator, recordings, prior, config, rng, lambda: progress.update(1))
    means, deviations = found.values(found.mean), found.values(found.deviation)
    lines = [f'# {args.randomization}, moved towards {", ".join(map(str, args.log))}', 'terms:']
    before = prior.values(prior.deviation)
    for name, mean in means.items():
        low = np.maximum(mean - 2.0 * deviations[name], found.values(found.lower)[name])
        high = mean + 2.0 * deviations[name]
        pairs = [f'[{a:.6g}, {b:.6g}]' for a, b in zip(low, high, strict=True)]
        lines.append(f'  {name}: {{ranges: [{", ".join(pairs)}], distribution: gaussian}}')
        narrower = float(np.mean(before[name] / np.maximum(deviations[name], 1e-12)))
        print(f'{name:<20} {known_terms()[name].unit:<5} {narrower:.1f} times narrower')
    write_whole(args.output, '\n'.join(lines) + '\n')
    print(f'randomisation: {args.output}')
    return DONE


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'arm tune',
        "SimOpt's update (Chebotar et al. 2019): draw simulators from the ranges of a "
        'randomisation, replay recorded rollouts in each, and move the ranges towards those that '
        'come nearest, objects included where their pose was recorded. Terms of images stay out.',
        'vla arm tune --log episode.npz --randomization narrow --output tuned.yaml',
    )
    parser.add_argument('--log', type=Path, nargs='+', required=True, help='recorded rollouts')
    add_scene(parser)
    parser.add_argument('--randomization', default='narrow', help='where to begin')
    parser.add_argument(
        '--output',
        type=file_to_write('.yaml', '.yml'),
        required=True,
        help='randomisation YAML to write',
    )
    parser.add_argument('--iterations', type=positive, default=8, help='updates')
    parser.add_argument('--samples', type=positive, default=48, help='simulators per update')
    parser.add_argument('--seed', type=natural, default=0, help='of what is drawn')
    parser.add_argument('--force', action='store_true', help='replace the output')
    args = parser.parse_args(argv)
    return run_command(lambda: tune(args))


if __name__ == '__main__':
    sys.exit(main())
