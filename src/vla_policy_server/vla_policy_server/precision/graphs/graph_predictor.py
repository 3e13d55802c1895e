"""A policy whose network is computed by graphs."""

from pathlib import Path
from typing import Any

from vla_policy_server.precision.flow.flow_predictor import FlowPredictor
from vla_policy_server.precision.flow.network import is_flow
from vla_policy_server.precision.graphs.chunk_graph import chunk_graph, OUTPUT
from vla_policy_server.precision.graphs.runner import graph_bytes, MakeRunner
from vla_policy_server.precision.predictor import Batch, ChunkPredictor, Network


def make_graph_predictor(network: Network, make_runner: MakeRunner) -> ChunkPredictor:
    """Return the network as one graph, or as a flow's two; export what is not there yet.

    Raises:
        PolicyError: the network cannot be exported or run; says why.
    """
    if is_flow(network.policy):
        return FlowPredictor(network, make_runner)
    return GraphPredictor(chunk_graph(network), make_runner)


class GraphPredictor:
    """One graph from the observation to the chunk.

    Attributes:
        size_bytes: of the graph's file [bytes].
    """

    def __init__(self, graph: Path, make_runner: MakeRunner) -> None:
        """Load a graph of `chunk_graph`'s form."""
        self._runner = make_runner(graph)
        self.size_bytes = graph_bytes(graph)

    def predict_action_chunk(self, batch: Batch) -> Any:
        """Return the chunk, copied: the next run overwrites the runner's output."""
        return self._runner.run(batch)[OUTPUT].clone()

    def reset(self) -> None:
        """Do nothing: a graph has no memory."""
