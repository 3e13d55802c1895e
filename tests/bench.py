"""Speed figures, each beside its reference in the same run; ratios count, machines are noisy."""

from collections.abc import Callable
import os
import time

os.environ.setdefault('MUJOCO_GL', 'egl')

import mujoco
from vla_action_filter.config import FilterConfig
from vla_contract.contract import load_contract
from vla_contract.values import to_ns
from vla_policy_server.backends.registry import make_policy
from vla_rollout.closed_loop import ClosedLoop
from vla_sim_bridge.renderer import CameraRenderer
from vla_sim_bridge.world import World
from vla_sim_bridge.world_config import load_world_config

CONTRACT = load_contract('panda_2f85')


def best_s(body: Callable[[], None], repeats: int = 5) -> float:
    """Return the shortest of some runs [s]: the one the machine disturbed least."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        body()
        times.append(time.perf_counter() - started)
    return min(times)


def physics(world: World) -> str:
    """Compare World.step, at filter rate, with plain mj_step."""
    steps, period_ns = 1000, to_ns(0.01)
    world.reset(0)
    ours = best_s(lambda: [world.step(world.command, period_ns) for _ in range(steps // 5)])
    world.reset(0)
    raw = best_s(lambda: [mujoco.mj_step(world.model, world.data) for _ in range(steps)])
    return (
        f'physics     World.step {steps / ours:8.0f} steps/s   mj_step {steps / raw:8.0f} steps/s'
        f'   ratio {raw / ours:.2f}   {steps / ours * 0.002:.0f} x real time'
    )


def rendering(world: World) -> str:
    """Compare CameraRenderer with a plain mujoco.Renderer on the same scene."""
    frames, camera = 30, CONTRACT.cameras[0]
    renderer = CameraRenderer(world)
    ours = best_s(lambda: [renderer.render(world.data.qpos) for _ in range(frames)])
    plain = mujoco.Renderer(world.model, camera.height, camera.width)
    option = renderer._option

    def reference() -> None:
        for _ in range(frames):
            plain.update_scene(world.data, camera.name, option)
            plain.render()

    raw = best_s(reference)
    return (
        f'rendering   CameraRenderer {frames / ours:6.1f} frames/s   mujoco.Renderer '
        f'{frames / raw:6.1f} frames/s   ratio {raw / ours:.2f}   ({renderer.gl_renderer})'
    )


def in_process(world: World) -> str:
    """Measure whole episodes of the shipped policy in one process, one thread."""
    import torch

    torch.set_num_threads(1)
    policy = make_policy('lerobot', CONTRACT, 'panda_lift_act', 'cpu')
    loop = ClosedLoop(world, policy, FilterConfig(), execute_steps=8, latency_s=0.06)
    loop.run(0)
    started = time.perf_counter()
    simulated_s = sum(loop.run(seed).duration_s for seed in range(10))
    wall_s = time.perf_counter() - started
    return f'in-process  {simulated_s / wall_s:.1f} x real time per process (10 episodes)'


def main() -> None:
    """Print every figure."""
    world = World(CONTRACT, load_world_config('lift_cube'))
    print(physics(world))
    print(rendering(world))
    print(in_process(world))


if __name__ == '__main__':
    main()
