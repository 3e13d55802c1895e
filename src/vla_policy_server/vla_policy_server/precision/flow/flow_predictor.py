"""LeRobot's policy around a flow that graphs compute."""

from typing import Any

from vla_policy_server.precision.flow.flow_graphs import flow_graphs
from vla_policy_server.precision.flow.graph_flow import GraphFlow, install
from vla_policy_server.precision.graphs.runner import graph_bytes, MakeRunner
from vla_policy_server.precision.predictor import Batch, Network


class FlowPredictor:
    """The policy itself, with graphs where its network was.

    Images are prepared and actions are cut by LeRobot's code.

    Attributes:
        config: of the policy.
        size_bytes: of the graphs' files [bytes].
    """

    def __init__(self, network: Network, make_runner: MakeRunner) -> None:
        """Export what is not there yet, and let the network go.

        Raises:
            PolicyError: the graphs cannot be made or run, or compute something else.
        """
        graphs = flow_graphs(network)
        prefix, step = map(make_runner, graphs)
        self.size_bytes = graph_bytes(*graphs)
        self._policy = network.policy
        self.config = network.policy.config
        # Its weights are in the graphs: memory need not hold them twice.
        install(self._policy, GraphFlow(self._policy, prefix, step), network.device)

    def predict_action_chunk(self, batch: Batch, **guidance: Any) -> Any:
        """Return the chunk."""
        return self._policy.predict_action_chunk(batch, **guidance)

    def supports_rtc(self) -> bool:
        """Whether the policy has real-time chunking."""
        return bool(self._policy.supports_rtc())

    def init_rtc_processor(self) -> None:
        """Take the settings of real-time chunking from the configuration."""
        self._policy.init_rtc_processor()

    def reset(self) -> None:
        """Forget the running episode."""
        self._policy.reset()
