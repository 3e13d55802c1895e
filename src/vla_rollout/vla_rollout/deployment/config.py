"""Settings of the supervisor of a real robot."""

from dataclasses import dataclass

from vla_contract.schema import setting


@dataclass(frozen=True)
class SupervisorConfig:
    """Parameters of the supervisor node."""

    deployment: str = setting(
        'panda_lift_cube', doc='name under config/deployments, or path of a file'
    )
    cell: str = setting('', doc="another cell than the deployment's")
    preflight: str = setting(
        'preflight.json', doc='what preflight --json wrote; must have passed before a release'
    )
    first_speed: float = setting(
        0.1, doc='share of the velocity limits until a rollout says otherwise', lower=0.01, upper=1
    )
    speed: float = setting(
        0.1,
        doc='share of the velocity limits now; first_speed again at every start, check, release '
        'and lock',
        lower=0,
        upper=1,
        dynamic=True,
    )
