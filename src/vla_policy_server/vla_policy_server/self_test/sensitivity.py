"""Does the policy look, listen and feel? What changes its input must change its answer."""

from dataclasses import replace
from itertools import combinations

import numpy as np
from vla_policy_server.self_test.found import Found, judge, skip, warn
from vla_policy_server.self_test.subject import Subject

# Smallest change that counts, as a share of a joint's range: 6 mrad of a Panda's first joint.
LEAST_CHANGE = 1e-3
# How far the state is shifted, as a share of a joint's range.
_SHIFT = 0.05


def images_matter(subject: Subject) -> Found:
    """Compare black, white and real image, camera by camera."""
    changes = {}
    for camera, image in subject.observation.images.items():
        views = [
            subject.with_image(camera, view)
            for view in (image, np.zeros_like(image), np.full_like(image, 255))
        ]
        changes[camera] = max(subject.change(a, b) for a, b in combinations(views, 2))
    found = ', '.join(f'{name} {change:.2g}' for name, change in changes.items())
    found = f'black, white or real image change the answer by: {found} of a range'
    return _judged(subject, min(changes.values(), default=1.0), found)


def state_matters(subject: Subject) -> Found:
    """Shift one joint at a time towards the middle of its range."""
    seen, changes = subject.observation, []
    for index, joint in enumerate(subject.deployment.cell.joints):
        shift = np.zeros(len(seen.state))
        middle = (joint.lower + joint.upper) / 2
        shift[index] = _SHIFT * (joint.upper - joint.lower)
        shift *= 1.0 if seen.state[index] < middle else -1.0
        changes.append(subject.change(seen, replace(seen, state=seen.state + shift)))
    found = f'shifting one joint by 5 % changes the answer by {min(changes):.2g} to '
    return _judged(subject, max(changes), f'{found}{max(changes):.2g} of a range')


def instruction_matters(subject: Subject) -> Found:
    """Give another instruction: one of the other frames', or none of them."""
    takes_one = subject.takes_instruction
    if takes_one is False:
        return skip('the policy takes no instruction')
    seen = subject.observation
    golden = subject.golden.observations if subject.golden else ()
    others = {frame.instruction for frame in golden} - {seen.instruction} or {'stop'}
    change = max(subject.change(seen, replace(seen, instruction=text)) for text in others)
    found = f'another instruction changes the answer by {change:.2g} of a range'
    if takes_one is None and change < LEAST_CHANGE:
        return warn(f'{found}, and the server does not say whether its policy takes one')
    return _judged(subject, change, found)


def _judged(subject: Subject, change: float, found: str) -> Found:
    """Return whether a change of the input changed the answer more than asking again does."""
    # Twice, as the largest of a few differences between noisy answers varies itself.
    if not LEAST_CHANGE <= change < LEAST_CHANGE + 2.0 * subject.noise:
        return judge(change >= LEAST_CHANGE, found)
    return warn(f'{found}, asking again by {subject.noise:.2g}: no more than its noise')
