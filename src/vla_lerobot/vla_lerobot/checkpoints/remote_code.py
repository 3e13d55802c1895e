"""Python files of the hub, which transformers runs for checkpoints that LeRobot trusts.

LeRobot's own modules pass `trust_remote_code=True` along with names that a checkpoint gives (the
action tokenizer of pi0_fast, GR00T's processors), so the question is asked where transformers
fetches such a file, whoever called it.
"""

from collections.abc import Collection
from typing import Any

from vla_lerobot.checkpoints.errors import CodeInCheckpointError

# Grows with what deployments of this process allow.
_allowed: set[str] = set()


def refuse_remote_code(allow_code: Collection[str] = ()) -> None:
    """Have transformers refuse Python files of repositories and folders, from now on.

    It holds for the whole process, since tokenizers may be loaded as late as the first inference.

    Args:
        allow_code: hub ids or folders whose code may run, as the checkpoint names them.
    """
    from lerobot.utils import import_utils

    _allowed.update(allow_code)
    if not import_utils._transformers_available:
        return  # nothing of it is imported here
    from transformers import dynamic_module_utils

    fetch = dynamic_module_utils.get_cached_module_file
    if getattr(fetch, 'asks_first', False):
        return

    def ask_and_fetch(repository: Any, module_file: str, *args: Any, **kwargs: Any) -> Any:
        if str(repository) not in _allowed:
            where = f'{module_file} of {repository}, which a checkpoint names,'
            raise CodeInCheckpointError(where, str(repository), 'repositories without code')
        return fetch(repository, module_file, *args, **kwargs)

    ask_and_fetch.asks_first = True  # type: ignore[attr-defined]
    dynamic_module_utils.get_cached_module_file = ask_and_fetch
