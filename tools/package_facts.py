"""What the sources say of packages: commands, nodes, launch files; nothing is imported."""

import ast
from functools import cache
from pathlib import Path
import re

ROOT = Path(__file__).parent.parent
PACKAGES = sorted(path.parent.name for path in ROOT.glob('src/*/setup.py'))


@cache
def executables(package: str) -> dict[str, str]:
    """Return the modules of a package by the names that `ros2 run` takes."""
    return _entry_points(package, 'console_scripts')


@cache
def commands(package: str) -> dict[str, str]:
    """Return the modules of a package by the words that `vla` takes, such as 'sim run'."""
    points = _entry_points(package, 'vla_commands')
    return {name.replace('.', ' '): module for name, module in points.items()}


def _entry_points(package: str, group: str) -> dict[str, str]:
    setup = (ROOT / 'src' / package / 'setup.py').read_text()
    listed = re.search(rf"'{group}': \[(.*?)\]", setup, re.DOTALL)
    return dict(re.findall(r"'([\w.-]+) = ([\w.]+):main'", listed[1] if listed else ''))


@cache
def source_of(module: str) -> Path:
    """Return the file of one of our modules.

    Raises:
        FileNotFoundError: there is none.
    """
    package, *rest = module.split('.')
    path = ROOT.joinpath('src', package, package, *rest)
    for candidate in (path.with_suffix('.py'), path / '__init__.py'):
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(f'no module {module}')


def is_node(module: str) -> bool:
    """Whether `python -m` of a module starts a node, which never ends by itself."""
    return 'run_node(' in source_of(module).read_text()


def summary(path: Path) -> str:
    """Return the first paragraph of a module's docstring, as one line."""
    text = ast.get_docstring(ast.parse(path.read_text())) or ''
    return ' '.join(text.split('\n\n')[0].split())


@cache
def launch_arguments(path: Path) -> dict[str, tuple[str, str]]:
    """Return default and description of each argument of a launch file.

    The file declares them in a table ARGUMENTS, or one by one; one without default is required.
    """
    found: dict[str, tuple[str, str]] = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == 'ARGUMENTS':
            found |= ast.literal_eval(node.value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == 'DeclareLaunchArgument':
            name, *_ = node.args
            options = {option.arg: option.value for option in node.keywords}
            if isinstance(name, ast.Constant):
                default, text = (_text(options.get(o)) for o in ('default_value', 'description'))
                found[str(name.value)] = default, text
    return found


def _text(node: ast.expr | None) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ''
