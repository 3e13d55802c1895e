from setuptools import find_packages, setup

PACKAGE = 'vla_lerobot'

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
    description='Formats of LeRobot: checkpoints, features, datasets; its robots as drivers.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'lerobot_robot = vla_lerobot.drivers.ros.lerobot_robot_node:main',
        ],
        'vla_commands': [
            'check.dataset = vla_lerobot.dataset_checks.check_dataset:main',
            'draft.policy = vla_lerobot.drafting.draft_policy:main',
        ],
    },
)
