"""Formats of LeRobot: checkpoints, features, frames, instruction embeddings."""
