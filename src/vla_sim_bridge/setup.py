from setuptools import find_packages, setup

PACKAGE = 'vla_sim_bridge'

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
    description='A MuJoCo world that speaks the topics of the robot; its expert and datasets.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'mujoco_bridge = vla_sim_bridge.ros.mujoco_bridge:main',
            'check_camera = vla_sim_bridge.calibration_scenes.check_camera:main',
            'export_gazebo = vla_sim_bridge.gazebo.export_gazebo:main',
            'make_dataset = vla_sim_bridge.demonstrations.make_dataset:main',
            'nominal_calibration = vla_sim_bridge.calibration_scenes.nominal_calibration:main',
            'render_calibration_set = '
            'vla_sim_bridge.calibration_scenes.render_calibration_set:main',
            'preview = vla_sim_bridge.scene.preview:main',
        ],
    },
)
