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
    ],
)
def test_a_task_that_cannot_be_simulated_names_itself_and_the_value(path, wrong, message):
    task = load_task('lift_cube', {f'task.{path}': wrong})
    with pytest.raises(ContractError, match=f'task lift_cube: simulation.*{message}'):
        simulated_task(task)


def test_the_instruction_is_that_of_the_task():
    assert simulated_task(load_task('lift_cube')).instruction == 'lift the cube'
