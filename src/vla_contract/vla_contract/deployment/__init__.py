"""The five words: robot, cell, policy, task and deployment, each one YAML file."""
