from setuptools import find_packages, setup

# LeRobot looks for distributions whose name begins so, and imports a module of that name.
PACKAGE = 'lerobot_robot_vla_deploy'

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
    description='Plug-in for LeRobot: the robot behind the action filter, as robot vla_deploy.',
    license='Apache-2.0',
)
