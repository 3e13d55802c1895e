"""Rerun's library, which is no part of the workspace's own requirements."""

from functools import cache
from typing import Any

from vla_contract.errors import ResourceNotFoundError

VERSION = '0.41.0'
"""What the tests run with; also in requirements-dev.txt and in the extra `view`."""


@cache
def load_rerun() -> Any:
    """Return the module `rerun`; what is wrong in a call to it raises.

    Raises:
        ResourceNotFoundError: it is not installed.
    """
    try:
        import rerun
    except ImportError as error:
        raise ResourceNotFoundError(
            'Python package', 'rerun', f"'pip install rerun-sdk=={VERSION}' (170 MB)"
        ) from error
    # Otherwise it warns, and leaves out what it cannot log.
    rerun.set_strict_mode(True)
    return rerun


def path_part(name: str) -> str:
    """Return a name as one part of the path of an entity, whatever signs are in it."""
    return str(load_rerun().escape_entity_path_part(name))
