"""From observations to chunks: buffer, schedule, inference thread, session."""
