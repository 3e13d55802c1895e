"""Run filter, simulator and policy together, and report the rates that they kept.

python benchmarks/rates.py --seconds 30
python benchmarks/rates.py --rate 100 --camera 640x480 --backend lerobot --policy panda_lift_act
"""

import argparse
import os
from pathlib import Path
import sys
import tempfile

from diagnostic_msgs.msg import DiagnosticArray
import rclpy
from rclpy.signals import SignalHandlerOptions
from support.own_files import write_deployment
from support.python_path import python_path
from support.waiting import wait_for
from vla_contract.deployment.deployment import load_cell_of
from vla_contract.ros.free_domain import enter_own_domain
from vla_contract.ros.qos import STATE
from vla_rollout.graph.ros.graph import RolloutGraph
from vla_rollout.graph.stack import Stack


def main() -> int:
    """Start the stack, listen to the diagnostics of filter and simulator, and sum them up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=int, default=30)
    parser.add_argument('--rate', type=float, default=250.0)
    parser.add_argument('--backend', default='support.full_speed_policy:make')
    parser.add_argument('--policy', default='')
    parser.add_argument('--camera', default='', help='size of every image, such as 640x480')
    args = parser.parse_args()
    enter_own_domain()
    os.environ['PYTHONPATH'] = python_path()
    context = rclpy.Context()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    reports: dict[str, list[dict[str, str]]] = {'action_filter': [], 'mujoco_bridge': []}
    with tempfile.TemporaryDirectory() as folder:
        deployment = str(write_deployment(Path(folder), changes(args.rate, args.camera)))
        overrides = {
            'mujoco_bridge': {'deployment': deployment, 'clock_hz': args.rate},
            'action_filter': {'deployment': deployment},
            'policy_server': {
                'deployment': deployment, 'backend': args.backend, 'policy_path': args.policy,
            },
        }  # fmt: skip
        with Stack('sim', Path(folder), context.get_domain_id(), overrides):
            graph = RolloutGraph(context, load_cell_of(deployment), lambda: None)
            graph._node.create_subscription(
                DiagnosticArray, 'diagnostics', lambda msg: _collect(msg, reports), STATE
            )
            try:
                graph.wait_until_ready(60.0)
                wait_for(lambda: min(map(len, reports.values())) >= args.seconds, 600.0, 'reports')
            finally:
                graph.close()
    rclpy.try_shutdown(context=context)
    print_filter(reports['action_filter'])
    print_simulator(reports['mujoco_bridge'])
    return 0


def changes(rate_hz: float, camera: str) -> dict[str, float]:
    """Return what differs in the deployment.

    Args:
        rate_hz: of the filter [Hz].
        camera: size of every image, such as 640x480; '' for the cell's.
    """
    found = {'robot.rates.filter_hz': rate_hz}
    if camera:
        width, height = map(int, camera.split('x'))
        for each in load_cell_of().cameras:
            here = f'cell.cameras.{each.name}'
            found |= {f'{here}.width': width, f'{here}.height': height}
    return found


def _collect(msg: DiagnosticArray, reports: dict[str, list[dict[str, str]]]) -> None:
    for status in msg.status:
        values = {value.key: value.value for value in status.values}
        if status.name in reports and values.keys() & {'period_ms_p50', 'camera_hz'}:
            reports[status.name].append(values)


def print_filter(reports: list[dict[str, str]]) -> None:
    """Print the periods of the filter."""
    last = reports[-1]
    for name in ('period_ms', 'cycle_us'):
        print(name, {key: float(last[f'{name}_{key}']) for key in ('p50', 'p99', 'max')})
    worst = max(float(report['period_ms_max']) for report in reports[5:])
    print(f'longest period of all {worst:.1f} ms; overruns {last["overruns"]}, '
          f'stops {last.get("stops", 0)} in {last["cycles"]} cycles')  # fmt: skip


def print_simulator(reports: list[dict[str, str]]) -> None:
    """Print what the simulator kept, without its first five seconds."""
    for name in ('camera_hz', 'realtime_factor', 'joint_states_hz'):
        values = sorted(float(report[name]) for report in reports[5:])
        print(f'{name} lowest {values[0]:.2f} median {values[len(values) // 2]:.2f}')
    print(f'dropped frames {reports[-1]["dropped_frames"]}, lost {reports[-1]["lost_s"]} s, '
          f'{reports[-1]["gl_renderer"]}')  # fmt: skip


if __name__ == '__main__':
    sys.exit(main())
