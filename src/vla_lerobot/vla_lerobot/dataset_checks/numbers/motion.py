"""Motion that no robot makes: joints that stay while they are moved, states that jump."""

from collections.abc import Iterator

import numpy as np
from vla_contract.values import Vector
from vla_lerobot.dataset_checks.episodes import Episode, Recorded
from vla_lerobot.dataset_checks.finding import Finding, in_words
from vla_lerobot.dataset_checks.others import runs, spread

# Of a joint's range: an encoder of 12 bits resolves 1/4096 of a turn.
_SAME = 2e-5
# Frames after which a state that was asked to move has moved: the delay of a slow servo.
_DELAY = 4
# Of the range, an action has to move by this for its state to be expected to follow.
_ASKED = 0.015
# Of the range: noise on the executed commands and the last step of a fast joint.
_JUMP = 0.04


def stuck(data: Recorded) -> Iterator[Finding]:
    """A joint's state stays the same while its action moves: values are dropped or repeated.

    Grippers are left out: one that holds an object stops there while its action goes on.
    """
    if not data.has_positions:
        return
    for episode in data.episodes:
        rows = episode.rows
        for joint in data.cell.arm:
            same = np.abs(np.diff(rows.state[:, joint])) <= _SAME * data.range[joint]
            for first, last in runs(same, _DELAY + 1):
                asked = rows.action[first : last + 2 - _DELAY, joint]
                if np.ptp(asked) > _ASKED * data.range[joint]:
                    name = data.cell.joints[joint].name
                    text = f'{name} stays while its action moves, {in_words((first, last + 1))}'
                    cure = "record again; check that joint's driver"
                    yield Finding(episode.number, 'stuck', text, cure, '', (first, last + 1))
                    break


def jumping(data: Recorded) -> Iterator[Finding]:
    """The state is suddenly where no action sent it: frames are cut out, or two episodes glued.

    Within a step a joint stays between where it was and what was asked of it lately. How far it
    leaves that interval in the other episodes (noise, sagging, contact) is allowed here too.
    """
    if not data.has_positions:
        return
    excess = {episode.number: _excess(episode, data.range) for episode in data.episodes}
    for episode in data.episodes:
        own = excess[episode.number]
        if not len(own):
            continue
        others = [np.max(e) for n, e in excess.items() if n != episode.number and len(e)]
        usual = spread(others).middle if others else 0.0
        step = int(np.argmax(own.max(axis=1)))
        joint = int(np.argmax(own[step]))
        if own[step, joint] > max(_JUMP, 2.0 * usual):
            name = data.cell.joints[joint].name
            way = episode.rows.state[step + 1, joint] - episode.rows.state[step, joint]
            text = f'{name} jumps by {way:.3f} from frame {step} to {step + 1}, unasked'
            cure = f'frames are missing, or another episode begins at frame {step + 1}: cut there'
            yield Finding(episode.number, 'jump', text, cure, '', (step, step + 1))


def _excess(episode: Episode, joint_range: Vector) -> Vector:
    """Return by how much each step leaves what was asked for, of the range, shape (T - 1, D)."""
    state, action = episode.rows.state, episode.rows.action
    if len(state) < 2:
        return np.empty((0, len(joint_range)))
    low, high = state[:-1].copy(), state[:-1].copy()
    for delay in range(_DELAY + 1):
        asked = action[: len(action) - 1 - delay]
        low[delay:] = np.minimum(low[delay:], asked)
        high[delay:] = np.maximum(high[delay:], asked)
    outside = np.maximum(state[1:] - high, low - state[1:])
    excess: Vector = np.maximum(outside, 0.0) / joint_range
    return excess
