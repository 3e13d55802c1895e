"""Which joint stands where in a checkpoint's vectors; orders are mapped, sets must agree."""

from dataclasses import dataclass
from typing import Any

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import NameMismatchError, PolicyMismatchError, VlaError
from vla_lerobot.column_names import are_words_of_a_tool, bare_names, require_kinds
from vla_lerobot.features import ACTION, recorded_names, STATE


@dataclass(frozen=True)
class VectorNames:
    """Joint names of a checkpoint's vectors, in its own order.

    Attributes:
        state: names of observation.state.
        action: names of action.
        notes: what was mapped, and what had to be believed.
    """

    state: tuple[str, ...]
    action: tuple[str, ...]
    notes: tuple[str, ...] = ()


def vector_names(
    deployment: Deployment, source: str, config: Any, manifest: dict[str, Any]
) -> VectorNames:
    """Find the names where the checkpoint records them.

    Our training commands write them into vla_manifest.json; some LeRobot configurations have
    `action_feature_names`. A checkpoint without either is believed to have the order of its
    policy file. So is one with a name of the group: of a dataset with names {'motors': [...]}
    LeRobot keeps ['motors']; and one that has names of its own for the numbers of a tool.

    Raises:
        PolicyMismatchError: the checkpoint has other joints than its policy file, or names them
            as velocities or efforts where the file has positions.
    """
    recorded = {
        STATE: manifest.get('state_names'),
        ACTION: manifest.get('action_names') or getattr(config, 'action_feature_names', None),
    }
    policy = deployment.policy
    wanted = {STATE: policy.state_names, ACTION: policy.action_names}
    components = {STATE: policy.state, ACTION: policy.action}
    found, notes = dict(wanted), []
    for key, said in recorded.items():
        names = recorded_names({'names': said}) or ()
        bare = bare_names(names)
        is_of_others = are_words_of_a_tool(bare, wanted[key], components[key])
        is_of_the_group = len(bare) != len(wanted[key]) and not set(bare) & set(wanted[key])
        if is_of_the_group or is_of_others:
            instead = f' ({", ".join(bare)} is no name of a joint)' if bare else ''
            notes.append(
                f'{key}: joint names not recorded{instead}, believed to be in the order of the '
                'policy file'
            )
            continue
        try:
            require_kinds(f'{source}: {key}', names, components[key])
        except VlaError as other:
            raise PolicyMismatchError(str(other)) from other
        found[key] = bare
        if sorted(found[key]) != sorted(wanted[key]):
            error = NameMismatchError(f'{source}: {key}', wanted[key], found[key])
            raise PolicyMismatchError(str(error))
        if found[key] != wanted[key]:
            notes.append(f'{key}: mapped by name from the order {", ".join(found[key])}')
    return VectorNames(found[STATE], found[ACTION], tuple(notes))
