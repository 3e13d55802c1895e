"""Which topics of a recording are those of the robot that is asked for."""

from collections.abc import Collection, Iterable
from pathlib import Path

from vla_contract.errors import VlaError
from vla_contract.recordings.recording import RecordedTopic

ROOT = '/'
"""What the namespace of a topic such as /joint_states is called."""


def choose_topics(
    path: Path, found: Iterable[RecordedTopic], wanted: Collection[str], namespace: str = ''
) -> dict[RecordedTopic, str]:
    """Return the topics to read, each with the name under which it was wanted.

    Names match by their end. Of several robots, which have topics of one name in several
    namespaces, one has to be named; what is in none of theirs, such as a camera, belongs to each.

    Args:
        path: of the recording, for errors.
        found: its topics.
        wanted: relative names.
        namespace: of the robot; '' where there is one robot, ROOT for none.

    Raises:
        VlaError: there are several robots and none is named, or the named one is not there.
    """
    places: dict[str, dict[str, list[RecordedTopic]]] = {}
    for topic in found:
        name = _match(topic.name, wanted)
        if name is not None:
            places.setdefault(name, {}).setdefault(_prefix(topic.name, name), []).append(topic)
    robots = {place for several in places.values() if len(several) > 1 for place in several}
    known = sorted({place for each in places.values() for place in each})
    chosen = f'/{namespace.strip("/")}' if namespace else ''
    if chosen and chosen not in known:
        raise VlaError(
            f'{path}: found no topic of a robot in namespace {chosen}; it has: {", ".join(known)}'
        )
    if robots and not chosen:
        raise VlaError(
            f'{path}: found topics of several robots, in the namespaces '
            f'{", ".join(sorted(robots))}; name one of them with --namespace'
        )
    others = robots - {chosen}
    choice: dict[RecordedTopic, str] = {}
    for name, several in places.items():
        place = chosen if chosen in several else next(iter(several.keys() - others), None)
        for topic in several.get(place, []) if place else []:
            choice[topic] = name
    return choice


def _match(topic: str, wanted: Collection[str]) -> str | None:
    """Return the longest wanted name that a topic ends in."""
    parts = topic.strip('/').split('/')
    endings = ('/'.join(parts[k:]) for k in range(len(parts)))
    return next((ending for ending in endings if ending in wanted), None)


def _prefix(topic: str, name: str) -> str:
    return '/' + topic.strip('/').removesuffix(name).strip('/')
