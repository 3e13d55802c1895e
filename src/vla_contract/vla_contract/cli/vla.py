"""One command for all: `vla NOUN VERB`, each loaded only when it is called.

A package adds a command by an entry point of the group `vla_commands`, named `noun.verb` (or
`noun`), whose function takes a list of arguments and returns an exit status.
"""

import ast
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint, version
from importlib.util import find_spec
from pathlib import Path
import sys

from vla_contract.cli.command import DONE, INTERRUPTED, WRONG_USE
from vla_contract.cli.completion import complete_words, is_completing, words_before_cursor
from vla_contract.cli.interrupts import remembered_interrupts
from vla_contract.cli.terminal import print_error
from vla_contract.errors import nearest
from vla_contract.plugins import offered_in

GROUP = 'vla_commands'
_HELP = ('-h', '--help')


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command, or say which there are; returns its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    commands = {entry.name.replace('.', ' '): entry for entry in offered_in(GROUP)}
    if is_completing():
        words = words_before_cursor()[1:]
        _complete(words, commands)
    if not words or words[0] in _HELP:
        print(_overview(commands))
        return DONE
    if words[0] == '--version':
        print(f'vla-deploy {version("vla_contract")}')
        return DONE
    for count in (1, 2):
        name = ' '.join(words[:count])
        if name in commands:
            return _run(commands[name], words[count:])
    return _no_command(words, commands)


def _complete(words: list[str], commands: Mapping[str, EntryPoint]) -> None:
    """Offer nouns or verbs; return where the words name a command, which offers its options."""
    if not words:
        complete_words(1, {name.split()[0] for name in commands})
    verbs = [name.split()[1] for name in commands if name.startswith(f'{words[0]} ')]
    if len(words) == 1 and verbs:
        complete_words(2, verbs)


def _run(entry: EntryPoint, words: list[str]) -> int:
    with remembered_interrupts() as interrupts:
        try:
            status: int = entry.load()(words)
        except (KeyboardInterrupt, ImportError) as error:
            if isinstance(error, ImportError) and not interrupts.came:
                raise
            # Before the command began, which says itself what it leaves behind.
            print('interrupted', file=sys.stderr)
            return INTERRUPTED
        return status


def _no_command(words: Sequence[str], commands: Mapping[str, EntryPoint]) -> int:
    noun, verb = words[0], words[1] if len(words) > 1 else ''
    verbs = sorted(name.split(' ', 1)[1] for name in commands if name.startswith(f'{noun} '))
    if verbs and (not verb or verb in _HELP):
        print(_lines(f'vla {noun} VERB', [f'{noun} {v}' for v in verbs], commands))
        return DONE
    known = verbs or sorted({name.split()[0] for name in commands})
    kind, wrong = (f"vla {noun}: '{verb}' is no verb", verb) if verbs else (
        f"'{noun}' is no command of vla", noun
    )  # fmt: skip
    print_error(f'{kind}; {nearest(wrong, known)}')
    return WRONG_USE


def _overview(commands: Mapping[str, EntryPoint]) -> str:
    head = 'usage: vla NOUN VERB [options]; `vla NOUN VERB --help` says more\n'
    return _lines(head, sorted(commands), commands)


def _lines(head: str, names: Iterable[str], commands: Mapping[str, EntryPoint]) -> str:
    names = list(names)
    width = max(map(len, names), default=0)
    return '\n'.join([head, *(f'  {n:{width}}  {_summary(commands[n])}' for n in names)])


def _summary(entry: EntryPoint) -> str:
    """Return the first line of the module's docstring; the module is read, not imported."""
    package, *rest = entry.module.split('.')
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return ''
    path = Path(spec.submodule_search_locations[0], *rest).with_suffix('.py')
    text = ast.get_docstring(ast.parse(path.read_text())) if path.is_file() else ''
    return (text or '').split('\n')[0]


if __name__ == '__main__':
    sys.exit(main())
