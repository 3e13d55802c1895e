"""Two graphs where a policy has its network."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vla_policy_server.precision.flow.network import named, step_count, token_count
from vla_policy_server.precision.graphs.runner import GraphRunner

VELOCITY = 'velocity'
SAMPLE, TIME = 'sample', 'time'
_GUIDANCE = ('inference_delay', 'prev_chunk_left_over', 'execution_horizon')


class GraphFlow:
    """Answers `sample_actions`, which is all that LeRobot's policy asks of its network.

    LeRobot's own function integrates, so that real-time chunking works as with the network, and
    the noise drawn is the same.

    Attributes:
        config: of the policy.
        rtc_processor: of the policy, which sets it.
    """

    def __init__(self, policy: Any, prefix: GraphRunner, step: GraphRunner) -> None:
        """Take graphs of `flow_graphs`'s form for a policy."""
        self.config = policy.config
        self.rtc_processor = policy.rtc_processor
        self._tokens = token_count(policy)
        self._prefix, self._step = prefix, step

    def sample_actions(self, *values: Any, noise: Any = None, **guidance: Any) -> Any:
        """Return a chunk, shape (1, T, A), normalised.

        Args:
            values: as `named` takes them.
            noise: of the chunk's shape; drawn where it is not given.
            guidance: arguments of real-time chunking.
        """
        from lerobot.policies.common.flow_matching import euler_integrate, sample_noise

        seen = named(values, self._tokens)
        if noise is None:
            shape = (1, self.config.chunk_size, self.config.max_action_dim)
            noise = sample_noise(shape, seen['tokens'].device)
        conditions = self._prefix.run(seen)

        def velocity(sample: Any, time: Any) -> Any:
            return self._step.run({**conditions, SAMPLE: sample, TIME: time})[VELOCITY]

        rtc = self.config.rtc_config
        return euler_integrate(
            velocity,
            noise,
            step_count(self.config),
            rtc_processor=self.rtc_processor,
            rtc_enabled=rtc is not None and rtc.enabled,
            **{name: guidance.get(name) for name in _GUIDANCE},
        )


def install(policy: Any, flow: GraphFlow, device: str) -> Any:
    """Put graphs in the place of a policy's network, which is returned."""
    import torch

    network = policy.model
    del policy.model  # torch lets nothing but a module take the place of one
    policy.model = flow
    # LeRobot asks the first parameter where images have to go.
    policy.register_parameter('on_device', torch.nn.Parameter(torch.empty(0, device=device)))
    return network


@contextmanager
def installed(policy: Any, flow: GraphFlow, device: str) -> Iterator[None]:
    """Do that for a while."""
    network = install(policy, flow, device)
    try:
        yield
    finally:
        del policy.model, policy.on_device
        policy.model = network
