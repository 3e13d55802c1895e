"""Geoms of a MuJoCo model as visuals and collisions of an SDF link."""

from pathlib import Path
from xml.etree.ElementTree import Element

import cv2
import mujoco
from vla_contract.errors import SimError
from vla_contract.values import Vector
from vla_sim_bridge.gazebo.elements import add, add_pose, sdf_name
from vla_sim_bridge.gazebo.mesh_files import MeshFiles
from vla_sim_bridge.randomization.textures import Texture
from vla_sim_bridge.scene.extras import TEXTURE_SIDE
from vla_sim_bridge.scene.robot_spec import SHOWN_GROUPS

_GEOM = mujoco.mjtGeom


class Shapes:
    """Adds what a body looks like and what it collides with; writes the files these need."""

    def __init__(self, model: mujoco.MjModel, textures: dict[str, Texture], folder: Path) -> None:
        """Prepare.

        Args:
            model: the compiled world, with an episode's values.
            textures: name of a material to its texture.
            folder: where meshes and textures go.
        """
        self._model = model
        self._textures = textures
        self._folder = folder
        self._meshes = MeshFiles(model, folder)

    def add_body(self, link: Element, body: int) -> None:
        """Add all geoms of a body."""
        first = self._model.body_geomadr[body]
        for geom in range(first, first + self._model.body_geomnum[body]):
            self.add_geom(link, geom, self._model.geom_pos[geom], self._model.geom_quat[geom])

    def add_geom(self, link: Element, geom: int, position: Vector, wxyz: Vector) -> None:
        """Add one geom at a place in the link.

        Raises:
            SimError: SDF has no such shape.
        """
        model = self._model
        name = sdf_name(model.geom(geom).name) or f'geom_{geom}'
        if model.geom_group[geom] in SHOWN_GROUPS and model.geom_rgba[geom, 3] > 0.0:
            visual = add(link, 'visual', name=f'{name}_visual')
            add_pose(visual, position, wxyz)
            self._add_geometry(visual, geom, is_seen=True)
            self._add_material(visual, geom)
        if model.geom_contype[geom] or model.geom_conaffinity[geom]:
            collision = add(link, 'collision', name=f'{name}_collision')
            add_pose(collision, position, wxyz)
            self._add_geometry(collision, geom, is_seen=False)
            friction = add(add(add(collision, 'surface'), 'friction'), 'ode')
            add(friction, 'mu', model.geom_friction[geom, 0])
            add(friction, 'mu2', model.geom_friction[geom, 0])

    def _add_geometry(self, parent: Element, geom: int, is_seen: bool) -> None:
        geometry = add(parent, 'geometry')
        size, kind = self._model.geom_size[geom], _GEOM(self._model.geom_type[geom])
        if kind == _GEOM.mjGEOM_BOX:
            add(add(geometry, 'box'), 'size', 2 * size)
        elif kind == _GEOM.mjGEOM_SPHERE:
            add(add(geometry, 'sphere'), 'radius', size[0])
        elif kind in (_GEOM.mjGEOM_CYLINDER, _GEOM.mjGEOM_CAPSULE):
            tag = 'cylinder' if kind == _GEOM.mjGEOM_CYLINDER else 'capsule'
            shape = add(geometry, tag)
            add(shape, 'radius', size[0])
            add(shape, 'length', 2 * size[1])
        elif kind == _GEOM.mjGEOM_MESH:
            mesh = int(self._model.geom_dataid[geom])
            file = self._meshes.look(mesh) if is_seen else self._meshes.hull(mesh)
            add(add(geometry, 'mesh'), 'uri', file)
        else:
            shape_name = kind.name.removeprefix('mjGEOM_').lower()
            raise SimError(
                f'geom {self._model.geom(geom).name or geom}: found a {shape_name}; allowed in '
                'the SDF: box, sphere, cylinder, capsule, mesh'
            )

    def _add_material(self, visual: Element, geom: int) -> None:
        material = add(visual, 'material')
        for light in ('ambient', 'diffuse'):
            add(material, light, self._model.geom_rgba[geom])
        material_id = int(self._model.geom_matid[geom])
        named = self._model.material(material_id).name if material_id >= 0 else ''
        texture = self._textures.get(named)
        if texture is not None and texture.number:
            shade = '_grey' if texture.is_grey else ''
            file = self._folder / 'textures' / f'{texture.number}{shade}.png'
            file.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(file), texture.pixels(TEXTURE_SIDE)[..., ::-1])
            add(add(add(material, 'pbr'), 'metal'), 'albedo_map', f'textures/{file.name}')
