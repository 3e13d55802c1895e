from setuptools import find_packages, setup

PACKAGE = 'vla_action_filter'

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
    description='The one node between a learned policy and a motor: smooth, limit, hold, latch.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'action_filter = vla_action_filter.ros.action_filter_node:main',
        ],
        'vla_commands': [
            'filter.replay = vla_action_filter.replay.replay_filter:main',
        ],
    },
)
