"""What a runtime makes of a graph's file: named tensors in, named tensors out."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol


class GraphRunner(Protocol):
    """A compiled graph.

    Attributes:
        inputs: names of the tensors that it wants.
    """

    inputs: list[str]

    def run(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outputs by name; the next run may overwrite them.

        Args:
            values: torch tensors by name, on the graph's device; others than `inputs` are left.
        """
        ...


MakeRunner = Callable[[Path], GraphRunner]


def graph_bytes(*graphs: Path) -> int:
    """Return the size of graphs with the weights that lie beside them [bytes]."""
    files = [file for graph in graphs for file in graph.parent.glob(f'{graph.name}*')]
    return sum(file.stat().st_size for file in files)
