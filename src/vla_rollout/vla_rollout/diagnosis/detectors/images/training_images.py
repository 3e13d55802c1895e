"""What the cameras showed in the training data, to compare a live image with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.deployment.policy_file import PolicyCamera
from vla_contract.values import Image, Vector
from vla_lerobot.images import feature_of_each_camera, fit_for_policy
from vla_policy_server.self_test.golden_frames import GoldenFrames
from vla_rollout.diagnosis.detectors.images.image_layout import Layout, layout, unlikeness

COLOURS = 'red and blue exchanged'
_TURNS: dict[str, Callable[[Image], Image]] = {
    'upside down': lambda image: image[::-1, ::-1],
    'upside down and mirrored': lambda image: image[::-1],
    'turned a quarter to the left': lambda image: np.rot90(image, -1),
    'turned a quarter to the right': lambda image: np.rot90(image),
}
"""What may have become of an image, and how it is undone."""
# Images that differ more among themselves do not say how an image should look: 1 minus the
# correlation of the middle one with the one most like it. Of one scene it is 0.2 in colours and
# 0.3 in edges, of random scenes 0.4 and 0.5.
_ALIKE_COLOURS, _ALIKE_EDGES = 0.3, 0.45
_OPPOSITE = 2.0
# Times how unlike the middle one is. One frame that is alone among the others would let any image
# pass for one of them once it is changed; colours of another scene do so more readily.
_CLOSE_COLOURS, _CLOSE_EDGES = 1.2, 1.5
# Three say little about how alike they are.
_FEWEST = 4


@dataclass(frozen=True)
class Changed:
    """The change that makes an image most like those of the training.

    Attributes:
        what: the change, in words.
        camera: of another camera that shows such images, '' for a change of the same camera.
        before: how unlike the image is as it came, 0 to 2.
        after: how unlike with the change undone.
        usual: how unlike images of the training are among themselves at most.
    """

    what: str
    camera: str
    before: float
    after: float
    usual: float

    @property
    def gain(self) -> float:
        """How many times more like it is with the change undone; 0 where it is unlike even so."""
        return self.before / max(self.after, 1e-3) if self.after <= self.usual else 0.0


@dataclass(frozen=True)
class CameraImages:
    """Layouts of the training images of one camera.

    Attributes:
        rule: how the policy's image is made of the camera's.
        colours: as in `Layout`, shape (N, 432).
        edges: likewise, shape (N, 288).
        close_colours: how unlike one of them is to the others at most, and not much more than
            most of them are; None where they are too few, or most of them too unlike, to say how
            an image should look.
        usual_edges: how unlike one of them is to the others at most; None likewise.
        close_edges: as `close_colours`.
    """

    rule: PolicyCamera
    colours: Vector
    edges: Vector
    close_colours: float | None
    usual_edges: float | None
    close_edges: float | None

    @classmethod
    def of(cls, rule: PolicyCamera, images: Sequence[Image]) -> 'CameraImages':
        """Return the layouts of images, shape (H, W, 3) each."""
        layouts = [layout(fit_for_policy(image, rule)) for image in images]
        colours = np.stack([one.colours for one in layouts])
        edges = np.stack([one.edges for one in layouts])
        close_colours, _ = _limits(colours, _ALIKE_COLOURS, _CLOSE_COLOURS)
        close_edges, usual_edges = _limits(edges, _ALIKE_EDGES, _CLOSE_EDGES)
        return cls(rule, colours, edges, close_colours, usual_edges, close_edges)

    def is_elsewhere(self, seen: Layout) -> bool:
        """Whether the edges of an image are those of another scene, as far as anybody knows."""
        if self.usual_edges is None:
            return False
        return unlikeness(seen.edges, self.edges) > self.usual_edges


@dataclass(frozen=True)
class TrainingImages:
    """What a policy was shown in training.

    Attributes:
        cameras: by name in the cell.
    """

    cameras: Mapping[str, CameraImages] = field(default_factory=dict)

    def unlike(self, camera: str, image: Image) -> float | None:
        """Return how unlike the most similar training image is: 0 the same, 1 unrelated.

        Args:
            camera: its name in the cell.
            image: as the camera gives it, shape (H, W, 3).

        Returns:
            None where the training images of that camera are missing, too few, or too different
            among themselves.
        """
        known = self.cameras.get(camera)
        if known is None or known.close_colours is None:
            return None
        return unlikeness(layout(fit_for_policy(image, known.rule)).colours, known.colours)

    def changes(self, camera: str, image: Image) -> list[Changed]:
        """Return what may have become of an image, with how well it fits once that is undone.

        Args:
            camera: its name in the cell.
            image: as the camera gives it, shape (H, W, 3).

        Returns:
            Nothing where the training images are too few, or too different among themselves.
        """
        known = self.cameras.get(camera)
        if known is None:
            return []
        fitted = fit_for_policy(image, known.rule)
        seen, found = layout(fitted), []
        if known.close_colours is not None:
            before = unlikeness(seen.colours, known.colours)
            after = unlikeness(layout(fitted[..., ::-1]).colours, known.colours)
            if known.is_elsewhere(seen):
                # Another scene may have these colours by chance.
                after = _OPPOSITE
            found.append(Changed(COLOURS, '', before, after, known.close_colours))
        if known.close_edges is not None:
            before = unlikeness(seen.edges, known.edges)
            for what, undo in _TURNS.items():
                after = unlikeness(layout(undo(fitted)).edges, known.edges)
                found.append(Changed(what, '', before, after, known.close_edges))
            found += self._others(camera, image, before)
        return found

    def _others(self, camera: str, image: Image, before: float) -> list[Changed]:
        """Return how like the images of the other cameras it is."""
        found = []
        for name, known in self.cameras.items():
            if name != camera and known.close_edges is not None:
                after = unlikeness(layout(fit_for_policy(image, known.rule)).edges, known.edges)
                what = f'what camera {name} should show'
                found.append(Changed(what, name, before, after, known.close_edges))
        return found


def training_images(deployment: Deployment, golden: GoldenFrames | None) -> TrainingImages:
    """Return the training images of a deployment's policy.

    Args:
        deployment: whose policy says how images are fitted.
        golden: frames of its training data, None where there are none.
    """
    if golden is None:
        return TrainingImages()
    rules = feature_of_each_camera(deployment.policy.cameras)
    return TrainingImages(
        {
            name: CameraImages.of(rule, [seen.images[name] for seen in golden.observations])
            for name, rule in rules.items()
        }
    )


def _limits(known: Vector, alike: float, close: float) -> tuple[float | None, float | None]:
    """Return up to where an image is close to the others, and how unlike the last of them is.

    None where they are too few, or the middle one is more unlike than `alike`.
    """
    if len(known) < _FEWEST:
        return None, None
    apart = [unlikeness(one, np.delete(known, i, 0)) for i, one in enumerate(known)]
    middle, most = float(np.median(apart)), max(apart)
    return (min(most, close * middle), most) if middle <= alike else (None, None)
