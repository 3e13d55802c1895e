"""What of a task the simulator refuses."""

import pytest
from vla_contract.deployment.task import load_task
from vla_contract.errors import ContractError
from vla_sim_bridge.scene.simulated_task import simulated_task

CUBE = 'simulation.objects.cube'
TABLE = {'shape': 'box', 'size_m': [0.1, 0.1, 0.1], 'mass_kg': 1.0, 'area': 'cube'}


@pytest.mark.parametrize(
    ('path', 'wrong', 'message'),
    [
        ('simulation', {}, 'found nothing; allowed: objects and a goal'),
        ('simulation.goal', 7, 'goal: found 7'),
        ('simulation.task', 'lift_cube', 'task: found an unknown name'),
        ('simulation.instruction', 'lift it', 'instruction: found an unknown name'),
        (f'{CUBE}.shape', 'cone', 'cube.shape: .*allowed: box or cylinder or sphere'),
        (f'{CUBE}.size_m', [0.04, 0.04, 9.0], r'cube.size_m\[2\]: found 9.0'),
        (f'{CUBE}.size_m', [0.04], 'cube.size_m: found 1 numbers; allowed: 3 for a box'),
        (
            CUBE,
            {'shape': 'capsule', 'size_m': [0.04, 0.03], 'mass_kg': 1.0, 'area': 'cube'},
            'cube.size_m: found a height of 0.03; allowed: one above its diameter',
        ),
        (f'{CUBE}.mass_kg', 1e9, 'cube.mass_kg: found 1000000000.0'),
        (f'{CUBE}.mass_kg', None, 'cube.mass_kg: found nothing'),
        (f'{CUBE}.friction', float('inf'), 'cube.friction: found inf'),
        (f'{CUBE}.file', 'cube.obj', "cube.file: found 'cube.obj'; allowed: a file with mesh"),
        (f'{CUBE}.frames', ['top'], 'cube.frames: found top; allowed: some of an MJCF'),
        (f'{CUBE}.area', 'cub', r'cube.area: found an unknown name \(did you mean cube\?\)'),
        (f'{CUBE}.area', '', 'cube: found neither of area and stands_on'),
        (f'{CUBE}.stands_on', 'cube', 'cube: found both of area and stands_on'),
        ('simulation.objects.table', TABLE, "objects.table: found the name 'table'"),
        ('simulation.areas.cube.x_m', [0.6, 0.4], r'x_m: found \[0.6, 0.4\]; allowed: the lower'),
        ('simulation.areas.cube.y_m', [0.0, float('nan')], r'cube.y_m\[1\]: found nan'),
        ('simulation.home_jitter_rad', 7.0, 'home_jitter_rad: found 7.0'),
    ],
)
def test_a_task_that_cannot_be_simulated_names_itself_and_the_value(path, wrong, message):
    task = load_task('lift_cube', {f'task.{path}': wrong})
    with pytest.raises(ContractError, match=f'task lift_cube: simulation.*{message}'):
        simulated_task(task)


@pytest.mark.parametrize('wrong', [0.0, -1.0, 1e9, float('inf'), float('nan')])
def test_a_time_limit_is_at_most_an_hour(wrong):
    with pytest.raises(ContractError, match=r'time_limit_s: found .*allowed: float in \[0.1, 36'):
        load_task('lift_cube', {'task.time_limit_s': wrong})


def test_the_instruction_is_that_of_the_task():
    assert simulated_task(load_task('lift_cube')).instruction == 'lift the cube'
