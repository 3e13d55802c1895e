"""Run the filter at 250 Hz beside simulator and policy, and report what it kept.

python tests/rate_report.py --seconds 30
"""

import argparse
import os
from pathlib import Path
import sys
import tempfile

os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
os.environ['PYTHONPATH'] = f'{Path(__file__).parent}:{os.environ.get("PYTHONPATH", "")}'

from conftest import wait_for
from diagnostic_msgs.msg import DiagnosticArray
import rclpy
from rclpy.signals import SignalHandlerOptions
from vla_contract.contract import load_contract
from vla_contract.ros.qos import STATE
from vla_contract.share import find_config
from vla_rollout.ros.graph import RolloutGraph
from vla_rollout.stack import Stack

DOMAIN = 1 + os.getpid() % 100


def main() -> int:
    """Start the stack, listen to the filter's diagnostics, print the last of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=int, default=30)
    parser.add_argument('--rate', type=float, default=250.0)
    parser.add_argument('--backend', default='full_speed_policy:make')
    parser.add_argument('--policy', default='')
    args = parser.parse_args()
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=DOMAIN, signal_handler_options=SignalHandlerOptions.NO)
    reports: list[dict[str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        robot = Path(folder) / 'fast.yaml'
        text = find_config('robots', 'panda_2f85').read_text()
        robot.write_text(text.replace('filter_hz: 100.0', f'filter_hz: {args.rate}'))
        overrides = {
            'mujoco_bridge': {'robot': str(robot), 'clock_hz': args.rate},
            'action_filter': {'robot': str(robot)},
            'policy_server': {
                'robot': str(robot), 'backend': args.backend, 'policy_path': args.policy,
            },
        }  # fmt: skip
        with Stack('sim', Path(folder), DOMAIN, overrides):
            graph = RolloutGraph(context, load_contract(str(robot)), lambda: None)
            graph._node.create_subscription(
                DiagnosticArray,
                'diagnostics',
                lambda msg: reports.extend(
                    {value.key: value.value for value in status.values}
                    for status in msg.status
                    if status.name == 'action_filter' and 'period_ms_p50' in str(status.values)
                ),
                STATE,
            )
            try:
                graph.wait_until_ready(60.0)
                wait_for(lambda: len(reports) >= args.seconds, 600.0, 'reports')
            finally:
                graph.close()
    rclpy.try_shutdown(context=context)
    last = reports[-1]
    for name in ('period_ms', 'cycle_us'):
        print(name, {key: float(last[f'{name}_{key}']) for key in ('p50', 'p99', 'max')})
    worst = max(float(report['period_ms_max']) for report in reports[5:])
    print(f'longest period of all {worst:.1f} ms; overruns {last["overruns"]}, '
          f'stops {last.get("stops", 0)} in {last["cycles"]} cycles')  # fmt: skip
    return 0


if __name__ == '__main__':
    sys.exit(main())
