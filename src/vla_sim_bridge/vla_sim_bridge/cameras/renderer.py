"""Render the cell's cameras from a copy of the state, so that physics never waits."""

import copy

import mujoco
import numpy as np
from numpy.typing import NDArray
from vla_contract.errors import SimError
from vla_contract.values import Image, NS_PER_S
from vla_sim_bridge.cameras.gl_backend import requested_backend
from vla_sim_bridge.randomization.appearance import Appearance
from vla_sim_bridge.randomization.image_effects import ImageEffects
from vla_sim_bridge.scene.robot_spec import SHOWN_GROUPS
from vla_sim_bridge.scene.world import World

_CURE = (
    'install libegl1 and libgl1-mesa-dri (Debian and Ubuntu: apt-get install libegl1 '
    'libgl1-mesa-dri) and set MUJOCO_GL=egl'
)

_RGB = 3


def open_renderer(model: mujoco.MjModel, size: tuple[int, int]) -> mujoco.Renderer:
    """Create an OpenGL context for images of this width and height [px].

    Raises:
        SimError: no OpenGL context can be made; names the packages to install.
    """
    try:
        return mujoco.Renderer(model, height=size[1], width=size[0])
    except (ImportError, AttributeError, RuntimeError, OSError, mujoco.FatalError) as error:
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SimError(
            f'cannot make an OpenGL context with MUJOCO_GL={requested_backend()} ({text}); {_CURE}'
        ) from error


class CameraRenderer:
    """Renders every camera of the cell; use it from the thread that built it.

    Raises:
        SimError: no OpenGL context can be made; names the packages to install.
    """

    def __init__(self, world: World) -> None:
        """Create the OpenGL context and upload the meshes (about half a second)."""
        self._world = world
        # A copy, so that the next episode's looks never mix into an image of this one.
        self._model = copy.copy(world.model)
        self._data = mujoco.MjData(self._model)
        self._episode = -1
        self._authored_textures = self._model.tex_data.copy()
        self._painted: set[str] = set()
        self._cameras = tuple(world.cameras.values())
        option = mujoco.MjvOption()
        # Collision meshes instead of visual ones (group 2): a software renderer is bound by
        # vertices, and this draws three times as many frames.
        option.geomgroup[:] = 0
        option.geomgroup[list(SHOWN_GROUPS)] = 1
        self._option = option
        self._renderers = {
            size: open_renderer(self._model, size)
            for size in {camera.drawn_size for camera in self._cameras}
        }

    @property
    def gl_renderer(self) -> str:
        """Name of the OpenGL device, e.g. 'llvmpipe' for the software renderer."""
        from OpenGL import GL

        return str(GL.glGetString(GL.GL_RENDERER).decode())

    def render(
        self,
        qpos: NDArray[np.float64],
        appearance: Appearance | None = None,
        time_ns: int | None = None,
    ) -> dict[str, Image]:
        """Render the cameras for a copied joint vector of the whole model.

        Args:
            qpos: `World.data.qpos` at the capture time, shape (nq,).
            appearance: `World.appearance` at that time; None for that of now.
            time_ns: the capture time; None for now. It numbers the frames of an episode, so that
                their noise does not depend on how many of them were drawn.

        Returns:
            Camera name to RGB image, shape (H, W, 3), uint8.
        """
        looks = appearance or self._world.appearance
        age_s = ((self._world.time_ns if time_ns is None else time_ns) - looks.start_ns) / NS_PER_S
        self.dress(looks)
        self._data.qpos[:] = qpos
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        images = {}
        for placed in self._cameras:
            renderer, name = self._renderers[placed.drawn_size], placed.camera.name
            renderer.update_scene(self._data, camera=name, scene_option=self._option)
            drawn = renderer.render()
            seen = placed.warp.apply(drawn) if placed.warp else drawn
            images[name] = self._effects.apply(seen, round(age_s * placed.camera.rate_hz))
        return images

    def dress(self, appearance: Appearance) -> None:
        """Take over an episode's looks where they are not in place yet; `render` does it too."""
        if appearance.episode == self._episode:
            return
        for mesh in appearance.write(self._model):
            for renderer in self._renderers.values():
                renderer._gl_context.make_current()
                mujoco.mjr_uploadMesh(self._model, renderer._mjr_context, mesh)
        self._paint(appearance)
        self._effects = ImageEffects(appearance.image)
        self._episode = appearance.episode

    def _paint(self, looks: Appearance) -> None:
        """Replace and tint textures, put the authored ones back, upload what changed."""
        changed = {*looks.textures, *looks.tints}
        for name in changed | self._painted:
            texture = self._model.texture(name).id
            start = self._model.tex_adr[texture]
            height, width = self._model.tex_height[texture], self._model.tex_width[texture]
            pixels = self._authored_textures[start : start + height * width * _RGB]
            pixels = pixels.reshape(height, width, _RGB)
            chosen = looks.textures.get(name)
            if chosen is not None and chosen.number:
                # A sky has six square faces, one below the other.
                pixels = np.tile(chosen.pixels(width), (height // width, 1, 1))
            if name in looks.tints:
                pixels = np.clip(pixels * looks.tints[name], 0.0, 255.0).astype(np.uint8)
            self._model.tex_data[start : start + pixels.size] = pixels.ravel()
            for renderer in self._renderers.values():
                renderer._gl_context.make_current()
                mujoco.mjr_uploadTexture(self._model, renderer._mjr_context, texture)
        self._painted = changed

    def close(self) -> None:
        """Free the OpenGL context."""
        for renderer in self._renderers.values():
            renderer.close()
