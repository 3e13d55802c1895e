"""A worker's inference on a Ray cluster: replicas of a policy that robots can share.

Messages come in through the same server as without Ray, which reads them within its limits; only
observations that passed go on to the replicas. Ray itself moves them between its own processes
with pickle, so its ports belong inside a network that is trusted.
"""

from collections.abc import Callable
from dataclasses import dataclass
import time
from typing import Any

from vla_contract.errors import PolicyError
from vla_contract.policy import BatchPolicy, Policy
from vla_contract.values import Observation
from vla_policy_server.worker.batching import Timed
from vla_policy_server.worker.inference_engine import Job, LocalEngine

LOCAL = 'local'
"""Address that means a private Ray on this machine."""

_SAID = (
    'needs_images',
    'needs_extras',
    'earlier_steps',
    'takes_instruction',
    'can_continue',
)
_APPLICATION = 'vla_policy'


@dataclass(frozen=True)
class FleetSettings:
    """How large a fleet is.

    Attributes:
        address: of a running cluster, 'auto' to find it, or `LOCAL`.
        min_replicas: policies that always run.
        max_replicas: policies that run when there is much to do.
        gpus: accelerators of one replica; a fraction shares one.
        max_batch: observations in one inference, at most.
    """

    address: str = 'auto'
    min_replicas: int = 1
    max_replicas: int = 1
    gpus: float = 0.0
    max_batch: int = 8


class Replica:
    """One policy in a process of Ray's; what waits there is answered together."""

    def __init__(self, load: Callable[[], Policy], max_batch: int) -> None:
        """Load the policy.

        Raises:
            PolicyError: it remembers the episode, so that robots cannot share it.
        """
        policy = load()
        if not isinstance(policy, BatchPolicy):
            raise PolicyError(
                f'{type(policy).__name__} remembers the episode, and a fleet answers any robot '
                'from any replica; allowed: policies without a memory'
            )
        self._engine = LocalEngine(lambda: policy, max_batch)

    def needs(self) -> dict[str, Any]:
        """Return what an `Engine` says of its policy, by name."""
        engine = self._engine
        return {name: getattr(engine, name) for name in _SAID}

    async def infer(self, observation: Observation, patience_ns: int) -> Timed:
        """Return the chunk of an observation or why there is none, and what it took."""
        seat = await self._engine.take_seat()
        deadline_ns = time.monotonic_ns() + patience_ns  # clocks of machines differ
        return await seat.infer(Job(observation, False, deadline_ns))


class FleetEngine:
    """Sends every observation to a replica that is free; see `inference_engine.Engine`."""

    most_robots: int | None = None

    def __init__(self, load: Callable[[], Policy], settings: FleetSettings) -> None:
        """Connect to Ray and start the replicas.

        Args:
            load: returns the policy; it is called in each replica's process.
            settings: where and how many.

        Raises:
            PolicyError: Ray is not installed, there is no cluster, or the policy cannot be used.
        """
        try:
            import ray
            from ray import serve
        except ImportError as error:
            raise PolicyError(f'a fleet needs Ray (pip install ray): {error}') from error
        try:
            if not ray.is_initialized():
                address = None if settings.address == LOCAL else settings.address
                ray.init(address, include_dashboard=False, log_to_driver=False)
        except Exception as error:
            raise PolicyError(f"no Ray cluster at '{settings.address}': {error}") from error
        serve.start(proxy_location='Disabled')  # our server is the only way in
        deployment = serve.deployment(
            **_scale(settings),
            ray_actor_options={'num_gpus': settings.gpus},
            max_ongoing_requests=2 * settings.max_batch,
            max_constructor_retry_count=1,
        )(Replica)
        try:
            self._handle: Any = serve.run(
                deployment.bind(load, settings.max_batch), name=_APPLICATION, route_prefix=None
            )
            needs = self._handle.needs.remote().result()
            self.needs_images, self.needs_extras = needs['needs_images'], needs['needs_extras']
            self.earlier_steps, self.can_continue = needs['earlier_steps'], needs['can_continue']
            self.takes_instruction = needs['takes_instruction']
        except RuntimeError as error:
            raise PolicyError(f'the replicas did not start: {_reason(error)}') from error

    async def take_seat(self) -> 'FleetEngine':
        """Return itself: replicas remember nothing about a robot."""
        return self

    async def infer(self, job: Job) -> Timed:
        """Return what a replica answers."""
        started_ns = time.monotonic_ns()
        patience_ns = job.deadline_ns - started_ns
        timed: Timed = await self._handle.infer.remote(job.observation, patience_ns)
        travel_ns = time.monotonic_ns() - started_ns - timed.work_ns
        return Timed(timed.result, travel_ns, timed.work_ns, timed.batch)

    def leave(self) -> None:
        """Nothing is held for one robot."""

    def close(self) -> None:
        """Stop the replicas; the cluster goes on."""
        from ray import serve

        serve.delete(_APPLICATION)


def _scale(settings: FleetSettings) -> dict[str, Any]:
    """Return a fixed number of replicas, or bounds between which Ray follows the load."""
    if settings.min_replicas == settings.max_replicas:
        return {'num_replicas': settings.min_replicas}
    bounds = {'min_replicas': settings.min_replicas, 'max_replicas': settings.max_replicas}
    return {'autoscaling_config': {**bounds, 'target_ongoing_requests': settings.max_batch}}


def _reason(error: RuntimeError) -> str:
    """Return the line of a replica's traceback that says what was wrong."""
    from ray import serve

    deployments = serve.status().applications[_APPLICATION].deployments.values()
    lines = '\n'.join(deployment.message for deployment in deployments).splitlines()
    reasons = [line.strip() for line in lines if 'Error: ' in line]
    return (reasons[-1] if reasons else str(error))[:400]
