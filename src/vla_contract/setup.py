from setuptools import find_packages, setup

PACKAGE = 'vla_contract'

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
    entry_points={
        'vla_commands': [
            'check.deployment = vla_contract.cli.check_deployment:main',
        ],
    },
    zip_safe=True,
    maintainer='vla-deploy maintainers',
    maintainer_email='maintainers@example.org',
    description='Robot, cell, policy, task and deployment, and what every package shares.',
    license='Apache-2.0',
)
