from pathlib import Path

from setuptools import setup

PACKAGE = 'vla_bringup'


def tree(folder, pattern='*'):
    """Return data_files that keep the shape of a folder; `folder` links to the workspace root."""
    files = sorted(path for path in Path(folder).rglob(pattern) if path.is_file())
    parents = sorted({path.parent for path in files})
    return [
        (f'share/{PACKAGE}/{parent}', [str(path) for path in files if path.parent == parent])
        for parent in parents
    ]


setup(
    name=PACKAGE,
    version='0.1.0',
    packages=[],
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{PACKAGE}']),
        (f'share/{PACKAGE}', ['package.xml']),
        *tree('launch'),
        *tree('config'),
        *tree('models'),
        # The calibrations, not the images they are from.
        *tree('calibration_data', '*.yaml'),
    ],
    install_requires=['setuptools'],
    extras_require={'test': ['pytest']},
    zip_safe=True,
    maintainer='vla-deploy maintainers',
    maintainer_email='maintainers@example.org',
    description='Installs launch files, configuration, calibrations and the demo model; no logic.',
    license='Apache-2.0',
)
