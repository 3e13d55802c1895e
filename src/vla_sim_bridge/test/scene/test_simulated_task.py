"""What of a task the simulator refuses."""

import pytest
from vla_contract.deployment.task import load_task
from vla_contract.errors import ContractError
from vla_sim_bridge.scene.simulated_task import simulated_task


@pytest.mark.parametrize(
    ('path', 'wrong', 'message'),
    [
        ('simulation', {}, 'found nothing; the simulator needs this section'),
        ('simulation.success', 'fold', 'success: .*allowed: lift_cube or lift_named_cube'),
        ('simulation.task', 'lift_cube', 'task: found an unknown name'),
        ('simulation.instruction', 'lift it', 'instruction: found an unknown name'),
        ('simulation.cube.edge_m', 0.2, 'cube.edge_m: found 0.2'),
        ('simulation.cube.rgba', None, 'found no colour of a cube'),
        ('simulation.cube.mass_kg', 1e9, 'cube.mass_kg: found 1000000000.0'),
        ('simulation.cube.friction', float('inf'), 'cube.friction: found inf'),
        ('simulation.cube.x_m', [0.6, 0.4], r'cube.x_m: found \[0.6, 0.4\]; allowed: the lower'),
        ('simulation.cube.y_m', [0.0, float('nan')], r'cube.y_m\[1\]: found nan'),
        ('simulation.success_hold_s', -1.0, 'success_hold_s: found -1.0'),
        ('simulation.success_height_m', 100.0, 'success_height_m: found 100.0'),
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
