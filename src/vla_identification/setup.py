from setuptools import find_packages, setup

PACKAGE = 'vla_identification'

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
    description='Identification of the arm: joints, excitation, latency, sim-to-real gap.',
    license='Apache-2.0',
    entry_points={
        'vla_commands': [
            'arm.check-joints = vla_identification.joints.check_joints:main',
            'arm.excitation = vla_identification.excitation.excitation:main',
            'arm.excite = vla_identification.joints.ros.excite_joints:main',
            'arm.extract-motion = vla_identification.extract_motion:main',
            'arm.gap = vla_identification.gap.gap:main',
            'arm.identify = vla_identification.arm.identify:main',
            'arm.tune = vla_identification.simopt.tune_randomization:main',
        ],
    },
)
