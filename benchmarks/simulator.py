"""Speed figures, each beside its reference in the same run; ratios count, machines are noisy."""

import argparse
from collections.abc import Callable
import os
import time

os.environ.setdefault('MUJOCO_GL', 'egl')

import mujoco
from vla_action_filter.config import FilterConfig
from vla_contract.deployment.deployment import load_deployment
from vla_contract.values import to_ns
from vla_policy_server.backends.registry import make_policy
from vla_rollout.episodes.in_process.closed_loop import ClosedLoop
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.scene.world import World

LIFT = load_deployment('panda_lift_cube')
# What the figures are held against.
_LEAST_RATIO, _RESET_MS, _REBUILD_MS = 0.9, 60.0, 600.0


def best_s(bodies: list[Callable[[], None]], rounds: int) -> list[float]:
    """Return the shortest of many short runs of each body, in turns [s].

    What else the machine does only ever adds time, and comes and goes slower than a turn.
    """
    best = [float('inf')] * len(bodies)
    for _ in range(rounds):
        for i, body in enumerate(bodies):
            started = time.perf_counter()
            body()
            best[i] = min(best[i], time.perf_counter() - started)
    return best


def physics(world: World) -> str:
    """Compare World.step, a command of 10 ms at a time, with plain mj_step."""
    world.reset(0)
    target, period_ns = world.command, to_ns(0.01)
    step_s, model, data = world.config.physics_step_s, world.model, world.data
    steps = round(0.01 / step_s)

    def ours() -> None:
        for _ in range(10):
            world.step(target, period_ns)

    def raw() -> None:
        for _ in range(10 * steps):
            mujoco.mj_step(model, data)

    ours_s, raw_s = best_s([ours, raw], 400)
    rate = 10 * steps / ours_s
    return (
        f'physics     World.step {rate:8.0f} steps/s   mj_step {10 * steps / raw_s:8.0f} steps/s'
        f'   {_ratio(raw_s / ours_s)}   {rate * step_s:.0f} x real time'
    )


def rendering(world: World) -> str:
    """Compare CameraRenderer with a plain mujoco.Renderer on the same scene and settings."""
    camera, renderer = world.cell.cameras[0], CameraRenderer(world)
    plain = mujoco.Renderer(world.model, camera.height, camera.width)

    def raw() -> None:
        plain.update_scene(world.data, camera.name, renderer._option)
        plain.render()

    ours_s, raw_s = best_s([lambda: renderer.render(world.data.qpos), raw], 60)
    return (
        f'rendering   CameraRenderer {1.0 / ours_s:6.1f} frames/s   mujoco.Renderer '
        f'{1.0 / raw_s:6.1f} frames/s   {_ratio(raw_s / ours_s)}   ({renderer.gl_renderer})'
    )


def resets() -> str:
    """Measure full randomisation: with the scene as it is, and with a scene built anew."""
    randomization = load_randomization('wide')

    def rebuild() -> None:
        world = World(LIFT, randomization)
        renderer = CameraRenderer(world)
        renderer.dress(world.appearance)
        renderer.close()

    world = World(LIFT, randomization)
    renderer = CameraRenderer(world)
    seeds = iter(range(100))

    def reset() -> None:
        world.reset(next(seeds))
        renderer.dress(world.appearance)

    resets_ms = [_wall_and_cpu_ms(reset) for _ in range(40)]
    rebuild_ms, rebuild_cpu_ms = min(_wall_and_cpu_ms(rebuild) for _ in range(5))
    median_ms, (slowest_ms, slowest_cpu_ms) = sorted(resets_ms)[20][0], max(resets_ms)
    return (
        f'reset       {len(randomization.terms)} terms: median {median_ms:.0f} ms, '
        f'slowest {slowest_ms:.0f} ms ({slowest_cpu_ms:.0f} ms of CPU; allowed {_RESET_MS:g})'
        f'   with compiler and renderer {rebuild_ms:.0f} ms ({rebuild_cpu_ms:.0f} ms of CPU; '
        f'allowed {_REBUILD_MS:g})'
    )


def _wall_and_cpu_ms(body: Callable[[], None]) -> tuple[float, float]:
    """Time a body; on a busy machine the two differ by what the others took."""
    wall, cpu = time.perf_counter(), time.process_time()
    body()
    return 1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - cpu)


def _ratio(ratio: float) -> str:
    return f'ratio {ratio:.3f} (wanted {_LEAST_RATIO})'


def in_process(world: World) -> str:
    """Measure whole episodes of the shipped policy in one process, one thread."""
    import torch

    torch.set_num_threads(1)
    policy = make_policy(LIFT, 'cpu')
    loop = ClosedLoop(world, policy, FilterConfig(), execute_steps=8, latency_s=0.06)
    loop.run(0)
    started = time.perf_counter()
    simulated_s = sum(loop.run(seed).duration_s for seed in range(10))
    wall_s = time.perf_counter() - started
    return f'in-process  {simulated_s / wall_s:.1f} x real time per process (10 episodes)'


def main() -> None:
    """Print every figure."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    world = World(LIFT)
    print(physics(world))
    print(rendering(world))
    print(resets())
    print(in_process(world))


if __name__ == '__main__':
    main()
