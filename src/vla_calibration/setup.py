from setuptools import find_packages, setup

PACKAGE = 'vla_calibration'

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
    description='Camera intrinsics and hand-eye calibration that know how wrong they are.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'make_board = vla_calibration.make_board:main',
            'calibrate_intrinsics = vla_calibration.calibrate_intrinsics:main',
            'calibrate_hand_eye = vla_calibration.calibrate_hand_eye:main',
            'adopt_lens = vla_calibration.adopt_lens:main',
            'export_calibration = vla_calibration.export_calibration:main',
            'record_reference = vla_calibration.record_reference:main',
            'verify_calibration = vla_calibration.verify_calibration:main',
            'verify_calibration_node = vla_calibration.ros.verify_node:main',
            'capture = vla_calibration.ros.capture_node:main',
            'check_joints = vla_calibration.check_joints:main',
            'excite_joints = vla_calibration.ros.excite_joints:main',
        ],
    },
)
