"""The MuJoCo scene and world of a robot and a task."""
