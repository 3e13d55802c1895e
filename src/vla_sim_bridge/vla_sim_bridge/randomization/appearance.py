"""What cameras see of one episode: copies, so that physics may go on to the next."""

from dataclasses import dataclass

import mujoco
import numpy as np
from vla_contract.values import NS_PER_S, to_ns, Vector
from vla_sim_bridge.randomization.camera_shift import camera_shifts, CameraShift
from vla_sim_bridge.randomization.image_effects import ImageSettings
from vla_sim_bridge.randomization.latency import Latency
from vla_sim_bridge.randomization.stage import Stage
from vla_sim_bridge.randomization.textures import Texture

_SEEN = (
    'cam_pos', 'cam_quat', 'cam_fovy', 'cam_intrinsic',
    'light_pos', 'light_diffuse', 'light_active',
    'geom_rgba', 'geom_size', 'geom_pos', 'geom_rbound', 'body_pos', 'body_quat',
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Appearance:
    """The visible fields of a model and the settings of its images.

    Attributes:
        episode: counts resets, so that a renderer sees that something changed.
        fields: name of a model field to its values.
        vertices: of the meshes of objects, by mesh, shape (n, 3) [m].
        image: what happens to images after rendering.
        cameras: how far each camera is from its place, in the cell's order.
        textures: name of a texture to its replacement.
        tints: name of a texture to factors on its red, green and blue.
        latency: from capture to delivery; the stamp stays that of capture.
        start_ns: when the episode began [ns].
    """

    episode: int
    fields: dict[str, Vector]
    vertices: dict[int, Vector]
    image: ImageSettings
    cameras: tuple[CameraShift, ...]
    textures: dict[str, Texture]
    tints: dict[str, Vector]
    latency: Latency
    start_ns: int

    @classmethod
    def of(cls, stage: Stage, episode: int, start_ns: int) -> 'Appearance':
        """Copy what is visible of a stage."""
        fields = {name: getattr(stage.model, name).copy() for name in _SEEN}
        rows = stage.object_meshes.items()
        vertices = {mesh: stage.model.mesh_vert[at].copy() for mesh, at in rows}
        textures, tints = dict(stage.textures), dict(stage.tints)
        latency = stage.signals.vision_latency
        shifts = camera_shifts(stage)
        return cls(
            episode, fields, vertices, stage.image, shifts, textures, tints, latency, start_ns
        )

    def vision_latency_ns(self, capture_ns: int) -> int:
        """Return how long an image of this capture time takes [ns]; later ones wait for it."""
        return to_ns(float(self.latency.at((capture_ns - self.start_ns) / NS_PER_S)))

    def write(self, model: mujoco.MjModel) -> list[int]:
        """Write the fields to another copy of the same model; return the meshes that changed."""
        for name, values in self.fields.items():
            getattr(model, name)[:] = values
        changed = []
        for mesh, vertices in self.vertices.items():
            start = int(model.mesh_vertadr[mesh])
            before = model.mesh_vert[start : start + len(vertices)]
            if not np.array_equal(before, vertices):
                before[:] = vertices
                changed.append(mesh)
        return changed
