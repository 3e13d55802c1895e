"""What a file of Rerun says, by Rerun's own reader."""

import numpy as np
from rerun.chunk import RrdReader


class RrdContents:
    """The chunks of a recording, by entity."""

    def __init__(self, path) -> None:
        self.reader = RrdReader(path)
        self.batches: dict[str, list] = {}
        for chunk in self.reader.stream():
            batches = self.batches.setdefault(chunk.entity_path.lstrip('/'), [])
            batches.append(chunk.to_record_batch())

    def column(self, entity: str, component: str, timeline: str = 'capture'):
        """Return times, [ns] or numbers, and values of a component, in the order of time."""
        rows = []
        for batch in self.batches[entity]:
            names = [name for name in batch.schema.names if name.endswith(component)]
            if names and timeline in batch.schema.names:
                times = batch.column(timeline).cast('int64').to_pylist()
                rows += zip(times, batch.column(names[0]).to_pylist(), strict=True)
        rows = sorted((time, value) for time, value in rows if value is not None)
        return np.array([time for time, _ in rows]), [value for _, value in rows]

    def numbers(self, entity: str, component: str, timeline: str = 'capture'):
        """Return times, and numbers one below the other."""
        times, values = self.column(entity, component, timeline)
        return times, np.array(values, dtype=np.float64).reshape(len(times), -1)
