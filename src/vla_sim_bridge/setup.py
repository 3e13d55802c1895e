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
            'render_calibration_set = '
            'vla_sim_bridge.calibration_scenes.render_calibration_set:main',
        ],
        'vla_backends': [
            'scripted = vla_sim_bridge.demonstrations.make_expert:make_scripted_expert',
        ],
        'vla_silhouettes': [
            'model = vla_sim_bridge.calibration_scenes.silhouette:make',
            'simulated = vla_sim_bridge.calibration_scenes.silhouette:make_simulated',
        ],
        'vla_commands': [
            'check.robot = vla_sim_bridge.robot_checks.ros.check_robot:main',
            'camera.nominal = vla_sim_bridge.calibration_scenes.nominal_calibration:main',
            'dataset.record-sim = vla_sim_bridge.demonstrations.make_dataset:main',
            'draft.cell = vla_sim_bridge.drafting.draft_cell:main',
            'draft.robot = vla_sim_bridge.drafting.draft_robot:main',
            'sim.board-views = vla_sim_bridge.calibration_scenes.render_calibration_set:main',
            'sim.check-camera = vla_sim_bridge.calibration_scenes.check_camera:main',
            'sim.export-gazebo = vla_sim_bridge.gazebo.export_gazebo:main',
            'sim.preview = vla_sim_bridge.scene.preview:main',
        ],
    },
)
