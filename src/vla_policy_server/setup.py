from setuptools import find_packages, setup

PACKAGE = 'vla_policy_server'

setup(
    name=PACKAGE,
    version='0.1.0',
    packages=find_packages(exclude=['test', 'test.*']),
    package_data={PACKAGE: ['py.typed']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{PACKAGE}']),
        (f'share/{PACKAGE}', ['package.xml']),
    ],
    install_requires=['setuptools'],
    extras_require={'test': ['pytest']},
    zip_safe=True,
    maintainer='vla-deploy maintainers',
    maintainer_email='maintainers@example.org',
    description='Runs a policy, here or on another machine, and publishes its action chunks.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'policy_server = vla_policy_server.ros.policy_server_node:main',
        ],
        'vla_backends': [
            'hold = vla_policy_server.backends.hold:make_hold',
            'lerobot = vla_policy_server.backends.lerobot_policy:make_lerobot',
            'remote = vla_policy_server.backends.remote:make_remote',
            'replay = vla_policy_server.backends.replay:make_replay',
        ],
        'vla_commands': [
            'check.policy = vla_policy_server.self_test.check_policy:main',
            'policy.serve = vla_policy_server.worker.policy_worker:main',
        ],
    },
)
