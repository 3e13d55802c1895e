"""Settings of the policy server."""

from dataclasses import dataclass

from vla_contract.deployment.deployment import DEFAULT
from vla_contract.schema import setting
from vla_policy_server.precision.evidence import AUTO
from vla_policy_server.precision.registry import PRECISIONS
from vla_policy_server.serving.chunk_scheduler import MODES


@dataclass(frozen=True)
class PolicyServerConfig:
    """Parameters of the node; names, rates and deadlines come from the deployment."""

    deployment: str = setting(DEFAULT, doc='name under config/deployments, or path of a file')
    cell: str = setting('', doc="another cell than the deployment's")
    task: str = setting('', doc="another task than the deployment's")
    policy_path: str = setting(
        '',
        doc="another policy than the deployment's: checkpoint (name under models/, folder or hub "
        'id) or policy file',
    )
    backend: str = setting(
        '',
        doc="another than the policy's: hold, scripted, replay, lerobot, remote, or "
        'module:factory of your own',
    )
    policy_source: str = setting(
        '',
        doc="another source than the policy's, such as a remote: a name in config/remotes, YAML "
        'or ws://host:port',
    )
    device: str = setting('cpu', doc='torch device of the policy, e.g. cpu, cuda, cuda:1')
    precision: str = setting(
        AUTO,
        doc='how the network is computed: a method of '
        'vla policy benchmark, or auto for '
        'the fastest that it has accepted on this machine (fp32 until it has run)',
        choices=(AUTO, *PRECISIONS),
    )
    control_freq: float = setting(
        0.0,
        doc="rate of policy_action and of attempts to infer, which is the policy's; 0 for that",
        unit='Hz',
        lower=0.0,
        upper=1000.0,
    )
    mode: str = setting(
        'async',
        doc='sync: stop, think, play; async: think while the arm moves; '
        'rtc: and continue the chunk in use, for policies that can',
        choices=MODES,
    )
    execute_steps: int = setting(
        4,
        doc='steps of a chunk after which the next inference starts; sooner, unless sync, when '
        'the steps left would not last until its answer; later, when the chunk has up to three '
        'steps or is over before its answer comes: at its end; at most the steps of a chunk',
        lower=1,
        upper=1000,
    )
    instruction: str = setting(
        '', doc="task text until the topic says otherwise; '' for the task's"
    )
    check_policy: bool = setting(
        True, doc='test at configuration that the policy sees, hears, feels and means our units'
    )
    allow_code: str = setting(
        '', doc="code that the checkpoint names and that may run, separated by spaces; '' for none"
    )
    threads: int = setting(1, doc='CPU threads of the policy', lower=1, upper=256)
