"""Starts, watches and stops the processes of a stack where there is no launch."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
from typing import Any

from vla_contract.cli.command import WRONG_USE
from vla_contract.errors import UnknownNameError, VlaError
from vla_contract.schema import build, load_yaml, setting
from vla_contract.share import find_config
import yaml

_LOG_LINES = 12
# A node has to let the arm come to rest (0.3 s) and to free its device before it is forced.
_GRACE_S = ((signal.SIGINT, 6.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0))

Overrides = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class ProcessConfig:
    """One process of a stack."""

    name: str = setting(doc='name of the node')
    module: str = setting(doc='Python module to run')
    parameters: str = setting(doc='parameter file under config/')
    optional: bool = setting(False, doc='only started when asked for')
    terminal: bool = setting(False, doc='has the terminal, for keys and for what it says')
    values: dict[str, bool | float] | None = setting(None, doc='parameters that this stack sets')


@dataclass(frozen=True)
class StackConfig:
    """The processes of a stack, in the order they start."""

    processes: tuple[ProcessConfig, ...] = setting(doc='what to start')


class ProcessDiedError(VlaError):
    """A process of the stack ended by itself.

    One that could not start has said why in a sentence, which is repeated; of any other the end
    of its log is shown.
    """

    def __init__(self, name: str, returncode: int, log: Path) -> None:
        # One that had the terminal has said there what it had to say.
        text = log.read_text(errors='replace') if log.exists() else ''
        lines = text.splitlines()[-_LOG_LINES:]
        said = lines[-1].removeprefix('error: ') if lines else ''
        how = f'exit status {returncode}'
        if returncode < 0:
            how = f'signal {signal.Signals(-returncode).name}'
        if not log.exists():
            super().__init__(f'{name} has ended ({how}), as it says above')
        elif returncode == WRONG_USE and said != (lines or [''])[-1]:
            super().__init__(f'{said} (log: {log})')
        else:
            tail = '\n'.join(f'  | {line}' for line in lines) or '  | (empty)'
            super().__init__(f'{name} died ({how}); the end of {log}:\n{tail}')
        self.name = name
        self.returncode = returncode


class Stack:
    """Owns the processes of a stack; use it as a context manager."""

    def __init__(
        self,
        name: str,
        folder: Path,
        domain_id: int,
        overrides: Overrides,
        options: Collection[str] = (),
        namespace: str = '',
        leave_out: Collection[str] = (),
        is_local: bool = True,
    ) -> None:
        """Prepare a stack.

        Args:
            name: configuration under config/stacks, or a path.
            folder: where logs and the realised parameters go.
            domain_id: ROS_DOMAIN_ID of the processes.
            overrides: process name to parameters that replace those of its file.
            options: names of optional processes to start too.
            namespace: of the nodes, which also share its clock; '' for none.
            leave_out: names of processes that are not started.
            is_local: nodes of other machines are not seen; otherwise as the environment says.

        Raises:
            VlaError: the configuration is invalid, or has no process that is to be left out.
        """
        path = find_config('stacks', name)
        config = build(StackConfig, load_yaml(path), str(path))
        wanted = [p for p in config.processes if not p.optional or p.name in options]
        names = [process.name for process in wanted]
        for unknown in sorted(set(leave_out) - set(names)):
            raise UnknownNameError('process', unknown, str(path), names)
        self._wanted = [process for process in wanted if process.name not in leave_out]
        self._parameter_folder = path.parent.parent
        self._folder = folder
        self._overrides = overrides
        self._namespace = namespace
        self._environment = os.environ | {
            'ROS_DOMAIN_ID': str(domain_id),
            'PYTHONUNBUFFERED': '1',
        }
        if is_local:
            self._environment['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> 'Stack':
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def names(self) -> list[str]:
        """Names of the processes in the order they start."""
        return [process.name for process in self._wanted]

    def pid(self, name: str) -> int:
        """Return the process id of a started process."""
        return self._processes[name].pid

    def start(self) -> None:
        """Start every process that is not running; call it from the main thread."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            for process in self._wanted:
                running = self._processes.get(process.name)
                if running is None or running.poll() is not None:
                    self._processes[process.name] = self._spawn(process)
        except BaseException:
            self.stop()
            raise

    def check(self) -> None:
        """Verify that every process runs.

        Raises:
            ProcessDiedError: names the first one that does not, with the end of its log.
        """
        for name, process in self._processes.items():
            returncode = process.poll()
            if returncode is not None:
                raise ProcessDiedError(name, returncode, self.log(name))

    def log(self, name: str) -> Path:
        """Return the log file of a process."""
        return self._folder / f'{name}.log'

    def stop(self) -> dict[str, int | None]:
        """End every process, the last started first, and return their exit statuses."""
        for signal_number, grace_s in _GRACE_S:
            alive = [p for p in reversed(self._processes.values()) if p.poll() is None]
            for process in alive:
                process.send_signal(signal_number)
            for process in alive:
                try:
                    process.wait(grace_s)
                except subprocess.TimeoutExpired:
                    continue
        return {name: process.returncode for name, process in self._processes.items()}

    def _spawn(self, process: ProcessConfig) -> 'subprocess.Popen[bytes]':
        realised = self._folder / f'{process.name}.parameters.yaml'
        values: dict[str, Any] = {'autostart': True, 'use_sim_time': True}
        values |= {**(process.values or {}), **self._overrides.get(process.name, {})}
        realised.write_text(yaml.safe_dump({'/**': {'ros__parameters': values}}))
        command = [sys.executable, '-m', process.module, '--ros-args']
        command += ['--params-file', str(self._parameter_folder / process.parameters)]
        command += ['--params-file', str(realised)]
        if place := self._namespace.strip('/'):
            command += ['-r', f'__ns:=/{place}']
        if process.terminal:
            # In our process group: keys go to the terminal's foreground, and so does Ctrl-C.
            return subprocess.Popen([*_die_with_parent(), *command], env=self._environment)
        with self.log(process.name).open('ab') as log:
            return subprocess.Popen(
                [*_die_with_parent(), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                # Ctrl-C in the terminal reaches us alone; we stop the others in order.
                start_new_session=True,
            )


def _die_with_parent() -> list[str]:
    """Have the kernel end a child when we are killed without a chance to clean up (Linux)."""
    setpriv = shutil.which('setpriv')
    return [setpriv, '--pdeathsig', 'TERM'] if setpriv else []
