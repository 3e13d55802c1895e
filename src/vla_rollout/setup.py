from setuptools import find_packages, setup

PACKAGE = 'vla_rollout'

setup(
    name=PACKAGE,
    version='0.1.0',
    packages=find_packages(exclude=['test', 'test.*']),
    package_data={PACKAGE: ['py.typed', 'web/page.*']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{PACKAGE}']),
        (f'share/{PACKAGE}', ['package.xml']),
    ],
    install_requires=['setuptools'],
    extras_require={'test': ['pytest']},
    zip_safe=True,
    maintainer='vla-deploy maintainers',
    maintainer_email='maintainers@example.org',
    description='Counted episodes on a running graph or in one process, with intervals.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'rollout = vla_rollout.episodes.ros.rollout:main',
            'simulate = vla_rollout.simulation.simulate:main',
            'demo = vla_rollout.graph.ros.demo:main',
            'preflight = vla_rollout.preflight.ros.preflight:main',
            'report = vla_rollout.report.ros.report:main',
            'recorder = vla_rollout.recording.ros.recorder_node:main',
            'supervisor = vla_rollout.deployment.ros.supervisor_node:main',
            'convert_recording = vla_rollout.recording.ros.convert_recording:main',
            'learn_healthy = vla_rollout.diagnosis.learn_healthy:main',
        ],
    },
)
