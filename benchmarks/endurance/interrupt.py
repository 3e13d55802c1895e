"""Press Ctrl-C at random moments of a command, go on, and compare with a run left alone.

    python benchmarks/endurance/interrupt.py --times 12 --json runs/interrupt.json

Each time: the command ends with status 130 and without a traceback, whatever it had said to be
done is on disk and can be read, and gone on with it comes to the result of the run left alone,
except for times. Exit status 1 when one of these does not hold.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
import hashlib
import json
import os
from pathlib import Path
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

from vla_contract.cli.command import DONE, INTERRUPTED, NOT_GOOD_ENOUGH, write_json
from vla_contract.cli.progress import EVERY

STEPS, VALIDATE_EVERY = 12, 3
LONGEST_S = 600.0
_CHECKLIST, _REST = Path('preflight.json'), 'the whole checklist'
_PREFLIGHT = (
    *('rollout', 'preflight', '--operator', 'T', '--runs', 'run', '--json', 'preflight.json'),
)
_RUN = Path('run')
# Whether these hold depends on how busy the machine is; a controller may not answer in time.
_TIMED = (
    *('inference latency', 'rate of', 'clock offset of', 'controller', 'joint order'),
    *('emergency stop of the filter', 'policy: latency'),
)
Ready = Callable[[], None]
"""Called before a command starts: prepares what it runs beside."""


def _progress(total: int | None = None) -> Callable[[str], int]:
    """Return what reads from an output how many of a total the progress says to be done."""
    number = r'\d+' if total is None else str(total)
    return lambda text: max(map(int, re.findall(rf'(\d+) of {number} \w+,', text)), default=0)


@dataclass(frozen=True)
class Case:
    """A command that can be interrupted.

    Attributes:
        words: of the command, in an empty folder; results go to `run` there.
        go_on: tells from a folder how to go on; None to begin again.
        units: reads all finished units in a folder and returns how many there are.
        outcome: of a run that ended, without times.
        promised: how many must be there when the output shows so many.
        shown: reads from the output how many are done, by its progress unless said.
        answers: what a person types, one line each.
        status: of a run left alone.
        beside: starts in a folder what the command needs, and gives what makes that ready.
    """

    words: tuple[str, ...]
    go_on: Callable[[Path], list[str] | None]
    units: Callable[[Path], int]
    outcome: Callable[[Path], Any]
    promised: Callable[[int], int] = lambda shown: shown
    shown: Callable[[str], int] = _progress()
    answers: str = ''
    status: int = DONE
    beside: Callable[[Path], AbstractContextManager[Ready]] = lambda _: nullcontext(lambda: None)


def _simulated_run(folder: Path) -> Path | None:
    found = sorted((folder / _RUN).glob('2*/journal.jsonl'))
    return found[-1].parent if found else None


def _resume_simulated(noun: str) -> Callable[[Path], list[str] | None]:
    def go_on(folder: Path) -> list[str] | None:
        run = _simulated_run(folder)
        return [*noun.split(), '--resume', str(run)] if run else None

    return go_on


def _simulated_units(folder: Path) -> int:
    run = _simulated_run(folder)
    rows = (run / 'journal.jsonl').read_text().splitlines()[1:] if run else []
    return len([json.loads(row) for row in rows])


def _simulated_outcome(folder: Path) -> Any:
    run = _simulated_run(folder)
    if run is None:
        return None
    summary = json.loads((run / 'summary.json').read_text())
    del summary['settings']['origin']['date']
    return {name: value for name, value in summary.items() if name != 'timing'}


def _recorded_units(folder: Path) -> int:
    import numpy as np

    output, count = folder / _RUN, 0
    if output.exists():
        return len((output / 'meta' / 'vla_manifests.jsonl').read_text().splitlines())
    for path in output.with_name('run.recording').glob('seed_*.npz'):
        with np.load(path) as arrays:
            count += all(len(arrays[name].shape) >= 0 for name in arrays.files)
    return count


def _recorded_outcome(folder: Path) -> Any:
    import pyarrow.parquet as pq

    meta = folder / _RUN / 'meta'
    tables = sorted((folder / _RUN / 'data').rglob('*.parquet'))
    return {
        'frames': [pq.read_table(path).to_pydict() for path in tables],
        'manifests': (meta / 'vla_manifests.jsonl').read_text(),
        'provenance': json.loads((meta / 'vla_provenance.json').read_text()),
        'left_behind': (folder / 'run.recording').exists(),
    }


def _resume_training(folder: Path) -> list[str] | None:
    begun = (folder / _RUN / 'finetune.json').exists()
    return ['train', 'finetune', '--resume', str(_RUN)] if begun else None


def _trained_units(folder: Path) -> int:
    from safetensors import safe_open

    last = folder / _RUN / 'checkpoints' / 'last'
    if not last.exists():
        return 0
    with safe_open(last / 'pretrained_model' / 'model.safetensors', 'np') as weights:
        for name in weights.keys():  # noqa: SIM118 - it is no mapping
            weights.get_tensor(name)
    losses = json.loads((last / 'history.json').read_text())['losses']
    return len(losses) // VALIDATE_EVERY


def _trained_outcome(folder: Path) -> Any:
    weights = (folder / _RUN / 'pretrained_model' / 'model.safetensors').read_bytes()
    summary = json.loads((folder / _RUN / 'summary.json').read_text())
    return {'summary': summary, 'weights': hashlib.sha256(weights).hexdigest()}


def _checklist(folder: Path) -> dict[str, Any] | None:
    from vla_rollout.preflight.seal import unsealed

    path = folder / _CHECKLIST
    return unsealed(json.loads(path.read_text()), path) if path.exists() else None


def _resume_checklist(folder: Path) -> list[str] | None:
    """Go on with what is kept; a checklist that was whole when Ctrl-C came begins again."""
    found = _checklist(folder)
    if found is None or found['is_complete']:
        return None
    words = [word for word in _PREFLIGHT if word not in ('--json', str(_CHECKLIST))]
    return [*words, '--resume', str(_CHECKLIST)]


def _checked_items(folder: Path) -> int:
    found = _checklist(folder) or {'items': []}
    return sum(item['name'] != _REST for item in found['items'])


def _shown_items(text: str) -> int:
    # A question stands before the answer, in the same line.
    lines = re.findall(r'(?:^|\[y/N\] )([✓!✗?] .*)$', text, re.MULTILINE)
    return sum(_REST not in line for line in lines)


def _checklist_outcome(folder: Path) -> Any:
    """Return all but times, measured numbers, and items that a busy machine may fail."""
    found = _checklist(folder)
    if found is None:
        return None
    items = {
        item['name']: {**item, 'found': re.sub(r'\S*\d\S*', '#', item['found'])}
        for item in found['items']
        if not item['name'].startswith(_TIMED)
    }
    return {**found, 'date': '', 'items': list(items), **items}


def _checklist_robot(folder: Path) -> AbstractContextManager[Ready]:
    from support.checklist_robot import checklist_robot

    return checklist_robot(folder)


def _preflight(*words: str, **more: Any) -> Case:
    return Case(
        (*_PREFLIGHT, *words),
        lambda folder: [*went_on, *words] if (went_on := _resume_checklist(folder)) else None,
        _checked_items,
        _checklist_outcome,
        shown=_shown_items,
        answers='yes\n' * 4,
        status=NOT_GOOD_ENOUGH,  # the robot is left out, or the policy looks at nothing
        **more,
    )


def _simulated(*words: str, noun: str = 'sim run') -> Case:
    command = (*noun.split(), '--backend', 'scripted', '--runs', str(_RUN), *words)
    return Case(command, _resume_simulated(noun), _simulated_units, _simulated_outcome)


def _record(episodes: int, output: str) -> tuple[str, ...]:
    return ('dataset', 'record-sim', '--episodes', str(episodes), '--output', output)


CASES = {
    'sim run': _simulated('--episodes', '8', '--workers', '1'),
    'sim run, two workers': _simulated('--episodes', '8', '--workers', '2'),
    'sweep': _simulated('--sweep', 'none', 'tutorial', '--episodes', '4', '--workers', '2'),
    'check instruction': _simulated('--episodes', '3', noun='check instruction'),
    'record-sim': Case(
        (*_record(8, str(_RUN)), '--workers', '2'),
        lambda folder: None,
        _recorded_units,
        _recorded_outcome,
    ),
    'finetune': Case(
        (
            *('train', 'finetune', '--real', '../real', '--output', str(_RUN), '--threads', '1'),
            *('--policy', 'panda_lift_act', '--batch', '2', '--steps', str(STEPS)),
            *('--validate-every', str(VALIDATE_EVERY)),
        ),
        _resume_training,
        _trained_units,
        _trained_outcome,
        lambda shown: shown // VALIDATE_EVERY,
        _progress(STEPS),
    ),
    'preflight': _preflight('--without-robot'),
    'preflight, robot': _preflight(
        *('--backend', 'hold', '--yes', '--e-stop-from-here'), beside=_checklist_robot
    ),
}
NEEDS_DATASET = ('finetune',)
# It starts a graph, by the clock of the machine.
NEEDS_REAL_TIME = ('preflight, robot',)


@dataclass(frozen=True)
class Trial:
    """One interruption.

    Attributes:
        command: which.
        after_s: how long after the start Ctrl-C came [s].
        ended_s: how long after it the command was over [s]; 0 for one that was over before.
        units: finished ones on disk.
        problem: what is wrong, '' for nothing.
    """

    command: str
    after_s: float
    ended_s: float
    units: int
    problem: str


@contextmanager
def started(
    words: list[str], folder: Path, answers: str = ''
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command in a folder and a session of its own; its output goes to output.txt."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'answers.txt').write_text(answers)
    with (folder / 'output.txt').open('wb') as output, (folder / 'answers.txt').open() as typed:
        process = subprocess.Popen(
            [sys.executable, '-m', 'vla_contract.cli.vla', *words],
            cwd=folder,
            stdin=typed,
            stdout=output,
            stderr=output,
            env=os.environ | {EVERY: '0'},
            start_new_session=True,
            # The shell of a background job ignores SIGINT, and so would what it starts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def said(folder: Path) -> str:
    """Return what the command in a folder has said."""
    return (folder / 'output.txt').read_text(errors='replace')


def run_to_the_end(
    words: list[str], folder: Path, answers: str = '', expected: int = DONE
) -> float:
    """Run a command; return how long it took [s].

    Raises:
        RuntimeError: its status was not the one that is expected.
    """
    begun = time.monotonic()
    with started(words, folder, answers) as process:
        status = process.wait(LONGEST_S)
    if status != expected:
        raise RuntimeError(f'{" ".join(words)}: status {status}; it said:\n{said(folder)}')
    return time.monotonic() - begun


def interrupted(case: Case, folder: Path, is_time: Callable[[], bool]) -> tuple[int, float]:
    """Run a command until it is time for Ctrl-C; return its status and how long it took to end."""
    with started(list(case.words), folder, case.answers) as process:
        while process.poll() is None and not is_time():
            time.sleep(0.005)
        if process.poll() is not None:
            return process.returncode, 0.0
        os.killpg(process.pid, signal.SIGINT)
        pressed = time.monotonic()
        process.wait(LONGEST_S)
        return process.returncode, time.monotonic() - pressed


def judge(case: Case, folder: Path, status: int, ended_s: float) -> tuple[int, str]:
    """Return the finished units after an interruption, and what is wrong with them or the end."""
    text = said(folder)
    # An interpreter that has not come to the command yet says where it was and dies by the signal,
    # which a shell calls 130 as well.
    allowed = (INTERRUPTED, -signal.SIGINT) if ended_s else (case.status,)
    if status not in allowed:
        return 0, f'status {status}; it said: {text[-2000:]}'
    if 'Traceback' in text and status != -signal.SIGINT:
        return 0, f'a traceback: {text[-2000:]}'
    try:
        units = case.units(folder)
    except Exception as error:  # noqa: BLE001 - whatever reading a damaged file raises
        return 0, f'a unit cannot be read: {type(error).__name__}: {error}'
    promised = case.promised(case.shown(text))
    return units, '' if units >= promised else f'{units} units on disk, {promised} shown'


def complete(case: Case, folder: Path, expected: Any, was_over: bool) -> str:
    """Go on with a command that was not over yet; return what is wrong with its result."""
    try:
        if not was_over:
            words = case.go_on(folder) or list(case.words)
            run_to_the_end(words, folder, case.answers, case.status)
        outcome = case.outcome(folder)
    except (RuntimeError, OSError, ValueError) as error:
        return f'cannot go on: {error}'
    left = [str(path.relative_to(folder)) for path in folder.rglob('*.part*')]
    if left:
        return f'left behind: {", ".join(left)}'
    if outcome == expected:
        return ''
    found = outcome or {}
    names = [name for name in expected if found.get(name) != expected[name]]
    return f'the result is another than without the interruption: {", ".join(names)}'


def try_once(
    name: str,
    folder: Path,
    expected: Any,
    is_time: Callable[[], bool],
    after_s: float = 0.0,
    ready: Ready = lambda: None,
) -> Trial:
    """Interrupt a command when it is time, go on, and compare."""
    case = CASES[name]
    status, ended_s = interrupted(case, folder, is_time)
    units, problem = judge(case, folder, status, ended_s)
    ready()
    problem = problem or complete(case, folder, expected, was_over=not ended_s)
    return Trial(name, after_s, ended_s, units, problem)


def left_alone(name: str, folder: Path) -> tuple[Any, float]:
    """Run a command without an interruption; return its result and how long it took [s]."""
    real = folder.parent / 'real'
    if name in NEEDS_DATASET and not real.exists():
        run_to_the_end(list(_record(4, str(real))), folder.parent)
    case = CASES[name]
    took_s = run_to_the_end(list(case.words), folder, case.answers, case.status)
    return case.outcome(folder), took_s


def after(seconds: float) -> Callable[[], bool]:
    """Return what says whether so much time has passed since this was called."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--times', type=int, default=12, help='interruptions of each command')
    parser.add_argument('--seed', type=int, default=0, help='of the moments')
    parser.add_argument('--command', nargs='+', choices=CASES, default=list(CASES))
    parser.add_argument('--json', type=Path, help='also write the trials here')
    args = parser.parse_args()
    chance = random.Random(args.seed)
    trials = []
    with tempfile.TemporaryDirectory() as temporary:
        for name in args.command:
            begin = Path(temporary) / name.replace(' ', '_')
            with CASES[name].beside(begin.with_name(f'{begin.name}_beside')) as ready:
                ready()
                expected, took_s = left_alone(name, begin.with_name(f'{begin.name}_alone'))
                for number in range(args.times):
                    after_s = chance.uniform(0.0, took_s)
                    folder = begin.with_name(f'{begin.name}_{number}')
                    ready()
                    trial = try_once(name, folder, expected, after(after_s), after_s, ready)
                    trials.append(trial)
                    print(
                        f'{name}: Ctrl-C after {after_s:.1f} of {took_s:.1f} s, over '
                        f'{trial.ended_s:.1f} s later, {trial.units} units; '
                        f'{trial.problem or "good"}',
                        flush=True,
                    )
    bad = sum(bool(trial.problem) for trial in trials)
    print(f'{len(trials) - bad} of {len(trials)} good')
    if args.json:
        write_json(args.json, {'trials': [asdict(trial) for trial in trials]})
    return NOT_GOOD_ENOUGH if bad else DONE


if __name__ == '__main__':
    sys.exit(main())
