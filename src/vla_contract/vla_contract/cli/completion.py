"""Tab completion of `vla` by argcomplete: nouns and verbs, then what the command's parser has.

The shell calls `vla` itself with the line in COMP_LINE and expects the words on file descriptor 8;
`register-python-argcomplete vla` prints what it has to know (env.sh does it).
"""

import argparse
from collections.abc import Callable, Iterable
import os

from vla_contract.share import config_names, model_names

_WORDS_TO_SKIP = '_ARGCOMPLETE'
_VALUES: dict[str, Callable[[], Iterable[str]]] = {
    '--deployment': lambda: config_names('deployments'),
    '--cell': lambda: config_names('cells'),
    '--task': lambda: config_names('tasks'),
    '--randomization': lambda: config_names('randomization'),
    '--policy': lambda: sorted({*model_names(), *config_names('policies')}),
}


def is_completing() -> bool:
    """Return whether a shell asks what may come next."""
    return _WORDS_TO_SKIP in os.environ


def words_before_cursor() -> list[str]:
    """Return the complete words of the line, the command's name first."""
    line = os.environ['COMP_LINE'][: int(os.environ['COMP_POINT'])]
    words = line.split()
    return words if line.endswith(' ') else words[:-1]


def complete_words(after: int, words: Iterable[str]) -> None:
    """Offer words as the next one, and end the process.

    Args:
        after: how many words of the line come before it.
        words: what may stand there.
    """
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument('word', choices=sorted(words))
    _complete(parser, after)


def complete_options(parser: argparse.ArgumentParser) -> None:
    """Offer options of a command and their values, and end the process."""
    for action in parser._actions:
        for option in action.option_strings:
            if option in _VALUES:
                names = list(_VALUES[option]())
                action.completer = lambda names=names, **_: names  # type: ignore[attr-defined]
    _complete(parser, len(parser.prog.split()))


def _complete(parser: argparse.ArgumentParser, after: int) -> None:
    import argcomplete

    os.environ[_WORDS_TO_SKIP] = str(after)
    argcomplete.autocomplete(parser)
