from setuptools import find_packages, setup

PACKAGE = 'vla_teleop'

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
    description='Teleoperation: leader arms, keys and sticks to the action filter.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'teleop_node = vla_teleop.ros.teleop_node:main',
        ],
        'vla_commands': [
            'teleop.devices = vla_teleop.devices.list_devices:main',
        ],
        'vla_teleoperators': [
            'keyboard = vla_teleop.devices.keys.keyboard:make_keyboard',
            'lerobot = vla_teleop.devices.lerobot.teleoperator:make_lerobot_device',
            'simulated_leader = vla_teleop.devices.simulated.leader:make_simulated_leader',
        ],
    },
)
