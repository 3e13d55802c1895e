"""Speeds and accelerations of what the arm was told, `action_filter/action`, by its stamps."""

import numpy as np

# Longest time between two actions of one motion [s]; at rest none is sent.
_GAP_S = 0.12


def told_speeds(times_ns: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Return the mean speed before every action but the first, shape (N - 1, D).

    Args:
        times_ns: stamps of the actions, shape (N,) [ns].
        path: their positions, shape (N, D) [rad or m].

    Returns:
        Speeds [rad/s or m/s]; NaN where two actions do not belong to one motion.
    """
    steps_s = np.diff(times_ns) / 1e9
    is_apart = (steps_s <= 0.0) | (steps_s > _GAP_S)
    speeds = np.diff(path, axis=0) / np.where(is_apart, np.nan, steps_s)[:, None]
    return np.asarray(speeds)


def told_accelerations(times_ns: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Return the change of the mean speeds by the time between their middles, shape (N - 2, D).

    Arguments and NaN as for `told_speeds`; [rad/s^2 or m/s^2].
    """
    steps_s = np.diff(times_ns) / 1e9
    between_s = 0.5 * (steps_s[1:] + steps_s[:-1])
    is_apart = between_s <= 0.0
    change = np.diff(told_speeds(times_ns, path), axis=0)
    return np.asarray(change / np.where(is_apart, np.nan, between_s)[:, None])
