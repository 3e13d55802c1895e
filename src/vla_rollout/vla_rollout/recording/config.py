"""Settings of the recorder."""

from dataclasses import dataclass

from vla_contract.schema import setting


@dataclass(frozen=True)
class RecorderConfig:
    """Parameters of the recorder node; cameras and joints come from the cell."""

    deployment: str = setting(
        'panda_lift_cube', doc='name under config/deployments, or path of a file'
    )
    cell: str = setting('', doc="another cell than the deployment's")
    folder: str = setting('runs/recordings', doc='where episodes go, one MCAP file each')
    compression: str = setting(
        'none', doc='of the files; lz4 and zstd cost time', choices=('none', 'lz4', 'zstd')
    )
    extra_topics: str = setting(
        '', doc='more to record: "name=package/msg/Type name=package/msg/Type"'
    )
    last_s: float = setting(
        30.0, doc='what recorder/save_last writes', unit='s', lower=0.0, upper=600.0
    )
    last_mb: int = setting(
        1024, doc='memory for it; images use it up first', unit='MB', lower=1, upper=65536
    )
    keep_free_gb: float = setting(
        2.0, doc='recording ends when less is left on the disk', unit='GB', lower=0.0
    )
    episode: str = setting(
        '{}', doc='JSON that goes into the next file: seed, outcome, hashes', dynamic=True
    )
