"""What is looked at before, and when, a hand-eye calibration fails: so that the sentence helps."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from vla_calibration.geometry import se3
from vla_calibration.hand_eye.solve.problem import HandEyeError, Problem
from vla_contract import so3
from vla_contract.values import Vector

# No arm on a bench reaches further, no board is read from further away.
_LARGEST_M = 10.0
# Nor stays this near to its own base in every view, nor is a board read from nearer.
_SMALLEST_M = 0.01
# Below this the axes count as parallel, whatever the noise makes of them.
_PARALLEL_DEG = 3.0
# Good arms 0.1 to 0.7; hobby arms 1; angles in the wrong unit or order 2.2 and more.
LARGEST_PAIR_MISMATCH_DEG = 2.0
SMALLEST_DIVERSITY_DEG = 15.0


def check_problem(problem: Problem) -> None:
    """Refuse what cannot be calibrated.

    Raises:
        HandEyeError: wrong units, all views alike, or rotations about one axis only.
    """
    check_units(problem)
    check_axes(problem)


def check_units(problem: Problem) -> None:
    """Refuse millimetres given as metres, or the reverse.

    Raises:
        HandEyeError: says whose lengths, and what they look like.
    """
    for what, T in (('robot', problem.A), ('board', problem.B)):
        lengths = np.linalg.norm(T[:, :3, 3], axis=1)
        middle = float(np.median(lengths))
        if middle > _LARGEST_M:
            raise HandEyeError(
                f'hand-eye: the {what} poses are {middle:.4g} m long; allowed: up to '
                f'{_LARGEST_M:g} m; they look like millimetres given as metres'
            )
        if middle < _SMALLEST_M:
            raise HandEyeError(
                f'hand-eye: the {what} poses are {middle:.2g} m long; allowed: {_SMALLEST_M:g} m '
                'or more; they look divided by 1000 once too often'
            )


def check_axes(problem: Problem) -> None:
    """Refuse views that do not turn the camera about two axes: nothing determines X then.

    Raises:
        HandEyeError: says how little the views turn.
    """
    first, second, _ = diversity_deg(problem)
    if first < _PARALLEL_DEG:
        raise HandEyeError(
            f'hand-eye: the views turn by {first:.2g} deg only; needed: {_PARALLEL_DEG:g} deg '
            'about two axes at the very least, better 30 deg about three'
        )
    if second < _PARALLEL_DEG:
        raise HandEyeError(
            f'hand-eye: all rotations are about one axis ({first:.0f} deg, about the next '
            f'{second:.2g} deg): the camera position along it is not determined; tilt the '
            'gripper too'
        )


def diversity_deg(problem: Problem) -> Vector:
    """Return how far the views turn about their three principal axes, shape (3,) [deg].

    The root mean square of the rotation vectors between all pairs, along its principal axes;
    turning by up to 45 degrees about every axis gives about 42, 32, 25.
    """
    vectors = _pair_rotations(problem.A)
    values: Vector = np.degrees(np.linalg.svd(vectors, compute_uv=False))
    scaled: Vector = values / np.sqrt(len(vectors))
    return scaled


def pair_mismatch_deg(problem: Problem) -> Vector:
    """Return the median over partners of each view's mismatch of angles, shape (n,) [deg].

    Between two views gripper and board turn by the same angle, whatever X is and whichever way
    the poses are given: what disagrees here is wrong in itself.
    """
    difference = np.abs(_pair_angles(problem.A) - _pair_angles(problem.B))
    np.fill_diagonal(difference, np.nan)
    medians: Vector = np.degrees(np.nanmedian(difference, axis=1))
    return medians


def remedies(problem: Problem) -> Iterator[tuple[str, Problem]]:
    """Yield the mistakes that angles between views do not show, and the problem without them.

    Reading quaternions in another order is one: the angle between two rotations is that of two
    unit vectors of four numbers, in whatever order these are.
    """
    inverted = replace(problem, A=se3.inverse(problem.A))
    yield (
        'they do agree when one of the two lists is inverted: the other set-up was meant '
        '(eye-in-hand, eye-to-hand), or one list has the wrong direction (of two files with time '
        'stamps --stamped-board says what the second holds)',
        inverted,
    )
    robot = inverted.A if problem.gripper_is_reference else problem.A
    for order, name in (([1, 2, 3, 0], 'wxyz'), ([3, 0, 1, 2], 'xyzw')):
        turned = robot.copy()
        quaternions = so3.Rotation.from_matrix(robot[:, :3, :3]).as_quat()
        turned[:, :3, :3] = so3.Rotation.from_quat(quaternions[:, order]).as_matrix()
        yield (
            f'they do agree when the quaternions of the robot are read as {name}',
            replace(problem, A=se3.inverse(turned) if problem.gripper_is_reference else turned),
        )


def explain_failure(problem: Problem) -> str:
    """Say what may be the matter with views that no camera pose explains."""
    mismatch = float(np.median(pair_mismatch_deg(problem)))
    if mismatch > LARGEST_PAIR_MISMATCH_DEG:
        return (
            f'between two views robot and board turn by angles that differ by {mismatch:.1f} deg '
            f'(allowed: {LARGEST_PAIR_MISMATCH_DEG:g}): look for Euler angles in another order, '
            'degrees given as radians, or robot poses of other images'
        )
    return (
        'the rotation angles of robot and board agree, the poses do not: look for lengths in '
        'another unit, or axes in another order'
    )


def _pair_rotations(T: Vector) -> Vector:
    first, second = np.triu_indices(len(T), 1)
    R = T[:, :3, :3]
    return se3.rotation_vectors(np.swapaxes(R[first], 1, 2) @ R[second])


def _pair_angles(T: Vector) -> Vector:
    R = T[:, :3, :3]
    vectors = se3.rotation_vectors(np.swapaxes(R, 1, 2)[:, None] @ R[None])
    angles: Vector = np.linalg.norm(vectors, axis=-1)
    return angles
