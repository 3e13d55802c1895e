"""A world of this package as files for Gazebo: SDF 1.9, meshes, and the topics of its bridge.

Everything is read from the compiled MuJoCo model after a reset, so both simulators have the same
realised values.
"""
