"""The text of a drafted policy file: every value with who says it, every guess marked so."""

from collections.abc import Iterator
from dataclasses import dataclass
import textwrap

from vla_contract.cli.yaml_text import flow
from vla_lerobot.drafting.cameras import DraftedCamera
from vla_lerobot.drafting.facts import Said
from vla_lerobot.drafting.joints import MISSING
from vla_lerobot.drafting.vectors import DraftedVector, Part

_WIDTH = 98


@dataclass(frozen=True)
class Draft:
    """Everything that the file of a policy says.

    Attributes:
        name: of the policy.
        origin: what it was drafted from, in words.
        source: of the policy file.
        rate: of its steps [Hz].
        state: observation.state.
        action: the action.
        cameras: that it sees.
        remarks: about all of it.
    """

    name: str
    origin: str
    source: str
    rate: Said
    state: DraftedVector
    action: DraftedVector
    cameras: tuple[DraftedCamera, ...]
    remarks: tuple[str, ...] = ()

    @property
    def guesses(self) -> list[str]:
        """What nobody recorded, one sentence each."""
        found = [f'rate_hz {self.rate.value:g}: {self.rate.remark}'] if self.rate.is_guess else []
        found += self.remarks
        for key, vector in (('state', self.state), ('action', self.action)):
            found.append(f'{key}: {vector.remark}')
            for part in vector.parts:
                joints = ', '.join(name for name, _ in part.joints)
                found += [f'{key}: {joints}: {remark}' for remark in part.remarks]
        found += [f'{seen.feature}: {seen.remark}' for seen in self.cameras]
        return [text for text in found if 'guess' in text]

    @property
    def missing(self) -> list[str]:
        """What a person has to fill in, one sentence each."""
        found = []
        for key, vector in (('state', self.state), ('action', self.action)):
            for part in vector.parts:
                if MISSING in [name for name, _ in part.joints]:
                    found.append(f'{key}: {vector.remark}')
                if MISSING in part.said.values():
                    joints = ', '.join(name for name, _ in part.joints)
                    found.append(f'{key}: unit of {joints}: {part.remarks[-1]}')
        cameras = (seen for seen in self.cameras if seen.camera == MISSING)
        return list(dict.fromkeys([*found, *(f'{c.feature}: {c.remark}' for c in cameras)]))


def policy_text(draft: Draft) -> str:
    """Return the YAML of a drafted policy."""
    head = (
        f'{draft.name}, drafted by `vla draft policy` from {draft.origin}. What says "guess" is '
        'recorded nowhere: look at it before anything moves, then run `vla check policy`.'
    )
    lines = [*_comment(head, 0), *(line for r in draft.remarks for line in _comment(r, 0))]
    lines += ['schema: 1', f'name: {flow(draft.name)}', 'backend: lerobot']
    lines += [f'source: {flow(draft.source)}']
    lines += [*_comment(draft.rate.remark, 0), f'rate_hz: {draft.rate.value!r}']
    for key, vector in (('state', draft.state), ('action', draft.action)):
        lines += ['', *_comment(vector.remark, 0), f'{key}:']
        lines += [line for part in vector.parts for line in _part(part)]
    lines += ['', 'cameras:' if draft.cameras else 'cameras: []']
    lines += [line for seen in draft.cameras for line in _camera(seen)]
    return '\n'.join([*lines, ''])


def _part(part: Part) -> Iterator[str]:
    for remark in part.remarks:
        yield from _comment(remark, 2)
    column = max(len(name) for name, _ in part.joints) + 2
    for name, span in part.joints:
        yield f'  #   {name:<{column}}{span}'
    yield f'  - quantity: {part.quantity}'
    names = f'[{", ".join(flow(name) for name, _ in part.joints)}]'
    start = '    joints: '
    yield from textwrap.wrap(
        names, _WIDTH, initial_indent=start, subsequent_indent=' ' * (len(start) + 1),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    for key, value in part.said.items():
        yield f'    {key}: {flow(value)}'


def _camera(seen: DraftedCamera) -> Iterator[str]:
    if seen.remark:
        yield from _comment(seen.remark, 2)
    width, height = seen.size
    values = {'camera': seen.camera, 'feature': seen.feature, 'width': width, 'height': height}
    yield f'  - {flow({**values, "resize": "crop"})}'


def _comment(text: str, indent: int) -> list[str]:
    start = f'{" " * indent}# '
    return textwrap.wrap(
        text, _WIDTH, initial_indent=start, subsequent_indent=start, break_on_hyphens=False
    )
