"""A deployment of one's own, of the shipped files with single texts replaced."""

from pathlib import Path

from vla_contract.share import find_config

SOURCES = {
    'robot': ('robots', 'panda_2f85'),
    'cell': ('cells', 'panda_table'),
    'task': ('tasks', 'lift_cube'),
    'deployment': ('deployments', 'panda_lift_cube'),
}


LINKS = {
    'cell': {'robot: panda_2f85': 'robot: ./robot.yaml'},
    'deployment': {'panda_table': './cell.yaml', 'task: lift_cube': 'task: ./task.yaml'},
}


def text_of(word: str) -> str:
    """Return the text of the shipped file of a word, which names the others beside it."""
    text = find_config(*SOURCES[word]).read_text()
    for name, path in LINKS.get(word, {}).items():
        text = text.replace(name, path)
    return text


def own_deployment(folder: Path, **replacements: tuple[str, str]) -> str:
    """Write robot.yaml, cell.yaml, task.yaml and deployment.yaml, which name one another.

    Args:
        folder: where they go.
        replacements: what is replaced in the shipped file of a word, and by what.

    Returns:
        The path of deployment.yaml.
    """
    for word in SOURCES:
        old, new = replacements.get(word, ('', ''))
        text = text_of(word)
        assert old in text
        (folder / f'{word}.yaml').write_text(text.replace(old, new) if old else text)
    return str(folder / 'deployment.yaml')
