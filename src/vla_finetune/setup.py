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
    description='Training and fine-tuning on what was recorded.',
    license='Apache-2.0',
    entry_points={
        'vla_commands': [
            'train.act = vla_finetune.act.train_act:main',
            'train.finetune = vla_finetune.finetune:main',
        ],
    },
)
