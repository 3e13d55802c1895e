"""Does the policy look, listen and feel? What changes its input must change its answer."""

from dataclasses import replace
from itertools import combinations

import numpy as np
from vla_policy_server.self_test.found import Found, judge, skip
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
    return judge(
        min(changes.values(), default=1.0) >= LEAST_CHANGE,
        f'black, white or real image change the answer by: {found} of a range',
    )


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
    return judge(max(changes) >= LEAST_CHANGE, f'{found}{max(changes):.2g} of a range')


def instruction_matters(subject: Subject) -> Found:
    """Give another instruction: one of the other frames', or none of them."""
    if subject.checkpoint is None or not subject.checkpoint.takes_instruction:
        return skip('the policy takes no instruction')
    seen = subject.observation
    golden = subject.golden.observations if subject.golden else ()
    others = {frame.instruction for frame in golden} - {seen.instruction} or {'stop'}
    change = max(subject.change(seen, replace(seen, instruction=text)) for text in others)
    return judge(
        change >= LEAST_CHANGE,
        f'another instruction changes the answer by {change:.2g} of a range',
    )
