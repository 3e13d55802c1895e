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
    description='Camera intrinsics and hand-eye calibration with their uncertainty.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'verify_calibration_node = vla_calibration.verify.ros.verify_node:main',
            'capture = vla_calibration.capture.ros.capture_node:main',
        ],
        'vla_commands': [
            'camera.board = vla_calibration.board.make_board:main',
            'camera.export = vla_calibration.export.export_calibration:main',
            'camera.hand-eye = vla_calibration.hand_eye.calibrate_hand_eye:main',
            'camera.import = vla_calibration.lens.adopt_lens:main',
            'camera.intrinsics = vla_calibration.lens.calibrate_intrinsics:main',
            'camera.reference = vla_calibration.verify.record_reference:main',
            'camera.verify = vla_calibration.verify.verify_calibration:main',
        ],
    },
)
