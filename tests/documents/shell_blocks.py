"""Find the shell commands of a Markdown page, of a workflow, of a script."""

from collections.abc import Iterator
from pathlib import Path
import re
import shlex
import textwrap

# The first word of a block that is shell; blocks of YAML and of output begin otherwise.
PROGRAMS = {
    *('.', 'apt-get', 'cd', 'colcon', 'docker', 'git', 'head', 'lerobot-eval', 'lerobot-rollout'),
    *('lerobot-teleoperate', 'lerobot-train', 'make', 'mkdir'),
    *('pip', 'pre-commit', 'python', 'ros2', 'rosdep', 'ssh', 'sudo', 'vcs', 'vla'),
}
_INLINE = re.compile(r'`((?:python|ros2|make|docker|pip|vla) [^`]+)`')
_FENCE = re.compile(r'^```\w*\n(.*?)^```', re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r'(?:^(?: {4}.*)?\n)+', re.MULTILINE)


def commands_of_page(path: Path) -> list[str]:
    """Return every command of a page, whole, without comments and line breaks."""
    text = path.read_text()
    indented = _INDENTED.findall(_FENCE.sub('', text))
    blocks = [*_FENCE.findall(text), *(textwrap.dedent(block) for block in indented)]
    found = [line for block in blocks if _is_shell(block) for line in split_lines(block)]
    return found + [command.replace('\n', ' ') for command in _INLINE.findall(text)]


def split_lines(script: str) -> Iterator[str]:
    """Yield the commands of a script; one may go on over lines by a backslash or a quote."""
    pending = ''
    for line in script.splitlines():
        pending = f'{pending}\n{line}' if pending else line.strip()
        if not pending.endswith('\\') and _is_complete(pending):
            if pending and not pending.startswith('#'):
                yield pending.replace('\\\n', ' ')
            pending = ''
    assert not pending, f'no end: {pending}'


def simple_commands(line: str) -> Iterator[list[str]]:
    """Yield the words of each command of a line, split at `&&`, `|` and `;`."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for token in lexer:
        if token in ('<', '>', '>>'):
            next(lexer)
        elif set(token) <= set('&|;()'):
            yield words
            words = []
        else:
            words.append(token)
    yield words


def _is_shell(block: str) -> bool:
    words = block.split()
    return bool(words) and words[0] in PROGRAMS


def _is_complete(text: str) -> bool:
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return False
    return True
