from setuptools import find_packages, setup

PACKAGE = 'vla_finetune'

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
    description='Training of policies on recorded or simulated demonstrations.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'check_dataset = vla_finetune.check_dataset:main',
            'excitation = vla_finetune.excitation:main',
            'extract_motion = vla_finetune.ros.extract_motion:main',
            'finetune = vla_finetune.finetune:main',
            'gap = vla_finetune.gap:main',
            'identify = vla_finetune.identify:main',
            'tune_randomization = vla_finetune.tune_randomization:main',
            'train_act = vla_finetune.train_act:main',
        ],
    },
)
