from setuptools import find_packages, setup

PACKAGE = 'vla_rollout'

setup(
    name=PACKAGE,
    version='0.1.0',
    packages=find_packages(exclude=['test', 'test.*']),
    package_data={PACKAGE: ['py.typed', 'web/*.html', 'web/*.css', 'web/*.js']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{PACKAGE}']),
        (f'share/{PACKAGE}', ['package.xml']),
    ],
    install_requires=['setuptools'],
    extras_require={'test': ['pytest'], 'view': ['rerun-sdk==0.41.0']},
    zip_safe=True,
    maintainer='vla-deploy maintainers',
    maintainer_email='maintainers@example.org',
    description='Counted episodes on a running graph or in one process, with intervals.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'rollout = vla_rollout.episodes.ros.rollout:main',
            'recorder = vla_rollout.recording.ros.recorder_node:main',
            'supervisor = vla_rollout.deployment.ros.supervisor_node:main',
        ],
        'vla_commands': [
            'check.instruction = vla_rollout.simulation.check_instruction:main',
            'dataset.convert = vla_rollout.recording.convert_recording:main',
            'doctor = vla_rollout.doctor.ros.doctor:main',
            'demo = vla_rollout.graph.ros.demo:main',
            'policy.benchmark = vla_rollout.benchmark.benchmark:main',
            'rollout.learn-thresholds = vla_rollout.diagnosis.learn_healthy:main',
            'rollout.preflight = vla_rollout.preflight.ros.preflight:main',
            'rollout.report = vla_rollout.report.report_runs:main',
            'rollout.run = vla_rollout.episodes.ros.rollout:main',
            'sim.run = vla_rollout.simulation.simulate:main',
            'teleop.run = vla_rollout.graph.ros.teleoperate:main',
            'up = vla_rollout.graph.ros.up:main',
            'call = vla_rollout.graph.ros.call:main',
            'topic = vla_rollout.graph.ros.topic:main',
            'view = vla_rollout.view.view_run:main',
        ],
    },
)
