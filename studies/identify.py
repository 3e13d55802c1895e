"""Robots with hidden physics, recorded through the action filter, and what identification finds.

A second simulator with other numbers plays the real robot. It moves along one excitation for the
fit and along another for the test, both through the action filter, and is measured with noise.

example:
  python studies/identify.py --robots 5 --json runs/identify.json --page runs/identify.html
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm
from vla_action_filter.action_filter import ActionFilter
from vla_action_filter.config import FilterConfig
from vla_contract.cli.command import write_json
from vla_contract.cli.deployment_arguments import add_scene, named_parts
from vla_contract.cli.number_types import positive
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.joints.trajectory import chunk_of
from vla_contract.values import to_ns
from vla_identification.arm.arm_simulator import ArmSimulator, Values
from vla_identification.arm.findings import Finding, IDENTIFIED, UNIDENTIFIABLE
from vla_identification.arm.identify import Identification, identification_of
from vla_identification.arm.unknowns import unknowns_of
from vla_identification.excitation.design import design_excitation, ExcitationConfig
from vla_identification.excitation.joint_track import JointTrack
from vla_identification.gap.figure import gap_figure
from vla_identification.motion_recording import MotionRecording, save_recording
from vla_sim_bridge.randomization.randomization import RandomizationConfig
from vla_sim_bridge.randomization.term import TermConfig
from vla_sim_bridge.scene.world import World

# Three deviations of what an encoder of 17 bits says: 0.05 mrad.
ENCODER_NOISE_RAD = 2e-5
WITHIN_TENTH = ('joint_friction', 'joint_damping', 'actuator_strength')
_CHUNK_S, _CHUNK_HZ, _HORIZON_S, _SETTLE_S = 0.2, 10.0, 1.0, 0.5


def hidden_physics(cell: Cell, seed: int) -> Values:
    """Draw a robot."""
    rng, n = np.random.default_rng(seed), len(cell.arm)
    effort = np.array([cell.joints[i].effort for i in cell.arm])
    return {
        'control_latency': np.array([float(rng.uniform(5.0, 60.0))]),
        'joint_friction': rng.uniform(0.005, 0.03, n) * effort,
        'joint_damping': rng.uniform(0.5, 4.0, n),
        'joint_armature': rng.uniform(0.7, 1.4, n),
        'actuator_strength': rng.uniform(0.8, 1.2, n),
        'backlash': rng.uniform(0.0, 0.003, n),
        'encoder_offset': rng.uniform(-0.005, 0.005, n),
        'joint_noise': np.array([ENCODER_NOISE_RAD]),
        'joint_noise_seed': np.array([float(seed)]),
    }


def record(world: World, track: JointTrack) -> MotionRecording:
    """Play a motion through the action filter, and keep what was sent and measured."""
    cell = world.cell
    world.reset(0)
    gate = ActionFilter(cell, FilterConfig())
    begin_ns, next_chunk_ns = world.time_ns + to_ns(_SETTLE_S), world.time_ns
    kept: list[tuple[int, Any, Any]] = []
    while world.time_ns < begin_ns + to_ns(track.duration_s + _SETTLE_S):
        now_ns, sample = world.time_ns, world.joint_sample()
        gate.offer_joints(sample)
        if now_ns >= next_chunk_ns:
            next_chunk_ns += to_ns(_CHUNK_S)
            chunk = chunk_of(track, begin_ns, now_ns, _CHUNK_HZ, _HORIZON_S)
            gate.offer_chunk(chunk, now_ns)
        command = gate.step(now_ns).command
        sent = world.command if command is None else command
        kept.append((now_ns, sent, sample.position))
        world.step(sent, gate.period_ns)
    stamps, commands, positions = zip(*kept, strict=True)
    seconds = (np.array(stamps) - begin_ns) / 1e9
    return MotionRecording(
        cell.joint_names, seconds, np.array(commands), seconds, np.array(positions)
    )


def study_robot(
    args: argparse.Namespace, deployment: Deployment, seed: int
) -> tuple[dict[str, Any], Identification]:
    """Identify one hidden robot; return the figures beside the truth."""
    cell = deployment.cell
    truth = hidden_physics(cell, seed)
    terms = {
        k: TermConfig(ranges=tuple((float(v), float(v)) for v in n)) for k, n in truth.items()
    }
    world = World(deployment, RandomizationConfig(terms=terms))
    motions = [
        design_excitation(cell, ExcitationConfig(duration_s=args.duration_s), 2 * seed + k)
        for k in range(2)
    ]
    recordings = [record(world, motion.track(cell)) for motion in motions]
    if args.recordings:
        for name, recording in zip(('fit', 'held_out'), recordings, strict=True):
            save_recording(args.recordings / f'robot{seed}_{name}.npz', recording)
    found = identification_of(ArmSimulator(deployment), recordings)
    # The world delays by whole physics steps.
    step_ms = 1000.0 * world.config.physics_step_s
    truth['control_latency'] = step_ms * np.round(truth['control_latency'] / step_ms)
    flat = np.concatenate([truth[unknown.term] for unknown in unknowns_of(cell)])
    numbers = [
        judged(finding, float(value)) for finding, value in zip(found.findings, flat, strict=True)
    ]
    return {
        'seed': seed,
        'before_mrad': 1000 * found.before.joint_rms,
        'after_mrad': 1000 * found.after.joint_rms,
        'tool_before_mm': found.before.tool_rms_mm,
        'tool_after_mm': found.after.tool_rms_mm,
        'improvement': found.improvement,
        'delay_error_ms': numbers[0]['estimate'] - numbers[0]['truth'],
        'numbers': numbers,
    }, found


def judged(finding: Finding, truth: float) -> dict[str, Any]:
    """Return a number beside its truth."""
    return {
        'name': finding.name,
        'term': finding.term,
        'truth': truth,
        'estimate': finding.value,
        'sigma': finding.sigma,
        'verdict': finding.verdict,
        'is_inside_95': abs(finding.value - truth) <= finding.half_width,
        'relative_error': abs(finding.value - truth) / max(abs(truth), 1e-12),
    }


def print_table(robots: list[dict[str, Any]]) -> None:
    """Print one row per robot, and one per term."""
    print('robot  delay error  held-out joints        tool                improvement')
    for robot in robots:
        print(
            f'{robot["seed"]:>5}  {robot["delay_error_ms"]:+8.2f} ms  '
            f'{robot["before_mrad"]:6.2f} -> {robot["after_mrad"]:6.3f} mrad  '
            f'{robot["tool_before_mm"]:6.2f} -> '
            f'{robot["tool_after_mm"]:6.3f} mm  {robot["improvement"]:8.1f}'
        )
    print(
        '\nterm               numbers  identified  of them within 10 %  not identifiable  in 95 %'
    )
    numbers = [number for robot in robots for number in robot['numbers']]
    for term in dict.fromkeys(number['term'] for number in numbers):
        mine = [number for number in numbers if number['term'] == term]
        known = [number for number in mine if number['verdict'] == IDENTIFIED]
        print(
            f'{term:<18} {len(mine):>7}  {len(known):>10}  '
            f'{sum(number["relative_error"] <= 0.1 for number in known):>15}  '
            f'{sum(number["verdict"] == UNIDENTIFIABLE for number in mine):>16}  '
            f'{sum(number["is_inside_95"] for number in mine):>7}'
        )


def main() -> None:
    """Run the study."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--robots', type=positive, default=5)
    parser.add_argument('--first-seed', type=int, default=0)
    add_scene(parser)
    parser.add_argument('--duration-s', type=float, default=8.0, help='of each excitation')
    parser.add_argument('--recordings', type=Path, help='keep the recordings in this folder')
    parser.add_argument('--plot', type=Path, help='held-out replay of the last robot, .png')
    parser.add_argument('--json', type=Path)
    args = parser.parse_args()
    still = {'task.simulation.home_jitter_rad': 0.0}
    deployment = load_deployment(**named_parts(args), overrides=still)
    cell, robots = deployment.cell, []
    for seed in tqdm(range(args.first_seed, args.first_seed + args.robots), unit='robot'):
        figures, found = study_robot(args, deployment, seed)
        robots.append(figures)
        if args.plot:
            joints = tuple(cell.joints[i].name for i in cell.arm)
            args.plot.write_bytes(gap_figure(found.before, found.after, joints))
    print_table(robots)
    if args.json:
        about = {
            'deployment': deployment.name,
            'deployment_sha256': deployment.sha256,
            'robot': cell.robot.name,
            'cell': cell.name,
            'task': deployment.task.name,
        }
        write_json(args.json, {**about, 'robots': robots})


if __name__ == '__main__':
    main()
