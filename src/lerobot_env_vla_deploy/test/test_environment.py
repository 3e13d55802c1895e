"""The environment as LeRobot makes it, and LeRobot's own evaluation of it."""

import json
import sys

import gymnasium
from gymnasium.utils.env_checker import check_env
from lerobot.envs.configs import EnvConfig
from lerobot.envs.factory import make_env
from lerobot.scripts import lerobot_eval
from lerobot.utils.import_utils import register_third_party_plugins
from lerobot_env_vla_deploy.configuration_vla_deploy import VlaDeployEnvConfig
from lerobot_env_vla_deploy.environment import VlaDeployEnv
import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import ContractError, PolicyError, SettingError, UnknownNameError
from vla_contract.share import find_model
from vla_sim_bridge.scene.world import World

PANDA = load_deployment()
HOME = PANDA.cell.home.astype(np.float32)


@pytest.fixture(scope='module')
def env() -> VlaDeployEnv:
    return VlaDeployEnv('panda_lift_cube')


def test_lerobot_finds_it_by_its_distribution():
    register_third_party_plugins()
    assert EnvConfig.get_choice_class('vla_deploy') is VlaDeployEnvConfig


def test_numbers_and_images_are_those_of_the_policy_file(env):
    config = VlaDeployEnvConfig()
    assert config.fps == 10
    assert config.features_map['pixels/top'] == 'observation.images.top'
    assert config.features['pixels/top'].shape == (96, 96, 3)
    assert config.features['agent_pos'].shape == config.features['action'].shape == (8,)
    seen, info = env.reset(seed=4)
    assert env.observation_space.contains(seen)
    assert info['seed'] == 4
    assert env.task_description == PANDA.task.instruction
    assert env.render().shape == (384, 384, 3)


def test_units_are_those_of_the_policy_file(tmp_path):
    policy = tmp_path / 'degrees.yaml'
    policy.write_text(
        'schema: 1\nname: degrees\nbackend: scripted\nsource: ""\nrate_hz: 30.0\n'
        'preset: so101_degrees\n'
    )
    env = VlaDeployEnv('so101_lift_cube', policy=str(policy))
    seen, _ = env.reset(seed=0)
    assert seen['agent_pos'][-1] == pytest.approx(100.0, abs=1.0)  # percent, open
    target = seen['agent_pos'] + np.array([5.0, 0, 0, 0, 0, 0], np.float32)
    for _ in range(40):
        seen, *_ = env.step(target)
    assert seen['agent_pos'][0] == pytest.approx(target[0], abs=1.0)


def test_the_same_seed_is_the_same_episode(env):
    def run() -> list[np.ndarray]:
        seen, _ = env.reset(seed=7)
        poses = [seen['agent_pos']]
        for _ in range(4):
            seen, *_ = env.step(HOME)
            poses.append(seen['agent_pos'])
        return [*poses, seen['pixels']['top']]

    first = run()
    env.reset(seed=8)
    assert all(np.array_equal(a, b) for a, b in zip(first, run(), strict=True))


def test_it_keeps_the_rules_of_gymnasium():
    env = gymnasium.make('lerobot_env_vla_deploy/VlaDeploy-v0', deployment='panda_lift_cube')
    check_env(env.unwrapped, skip_render_check=True)


def test_an_episode_ends_at_the_time_limit_of_its_task(env):
    env.reset(seed=0)
    flags = []
    while not flags or not any(flags[-1]):
        assert len(flags) <= env._max_episode_steps
        _, reward, terminated, truncated, info = env.step(HOME)
        flags.append((terminated, truncated))
    assert flags[-1] == (False, True)
    assert len(flags) == env._max_episode_steps
    assert (reward, info['is_success'], info['termination']) == (0.0, False, 'timeout')


def test_a_number_that_is_not_finite_is_refused(env):
    env.reset(seed=0)
    with pytest.raises(PolicyError, match='found nan for panda_joint1'):
        env.step(np.array([np.nan, *HOME[1:]], np.float32))
    with pytest.raises(PolicyError, match='found 7 numbers; allowed: 8'):
        env.step(HOME[:7])


def test_a_step_before_a_reset_is_refused():
    with pytest.raises(gymnasium.error.ResetNeeded):
        VlaDeployEnv('panda_lift_cube').step(HOME)


@pytest.mark.parametrize(
    ('options', 'error', 'said'),
    [
        ({'deployment': 'nothing_such'}, Exception, 'nothing_such'),
        ({'fps': 30}, SettingError, 'fps: found 30; allowed: 10, the rate of policy'),
        ({'speed': 0.0}, SettingError, 'speed: found'),
        ({'instruction_encoder': 'no'}, SettingError, 'instruction_encoder'),
    ],
)
def test_a_wrong_option_is_told(options, error, said):
    with pytest.raises(error, match=said):
        VlaDeployEnvConfig(**options)


def test_an_image_that_lerobot_cannot_be_given_is_told(tmp_path):
    policy = tmp_path / 'policy.yaml'
    policy.write_text(
        'schema: 1\nname: other\nbackend: scripted\nsource: ""\nrate_hz: 10.0\ncameras:\n'
        '  - {camera: top, feature: exterior_image_1_left, width: 96, height: 96, resize: crop}\n'
    )
    with pytest.raises(ContractError, match='found image exterior_image_1_left'):
        VlaDeployEnvConfig(policy=str(policy))


def test_two_run_side_by_side_each_until_its_end():
    vector = make_env(VlaDeployEnvConfig(), n_envs=2)['vla_deploy'][0]
    seen, _ = vector.reset(seed=[1, 2])
    assert seen['pixels']['top'].shape == (2, 96, 96, 3)
    assert vector.call('_max_episode_steps')[0] == 120
    _, reward, *_, info = vector.step(np.stack([HOME, HOME]))
    assert reward.shape == info['is_success'].shape == (2,)
    vector.close()


def test_lerobot_eval_lifts_the_cube_of_the_scenes_of_sim_run(tmp_path, monkeypatch):
    monkeypatch.setattr(
        sys,
        'argv',
        [
            'lerobot-eval',
            f'--policy.path={find_model("panda_lift_act")}',
            '--policy.device=cpu',
            '--env.type=vla_deploy',
            '--env.deployment=panda_lift_cube',
            '--eval.n_episodes=2',
            '--eval.batch_size=1',
            '--seed=0',
            f'--output_dir={tmp_path}',
        ],
    )
    scenes = []
    reset = World.reset

    def watched(world: World, seed: int, replay=None):
        manifest = reset(world, seed, replay)
        scenes.append(manifest)
        return manifest

    monkeypatch.setattr(World, 'reset', watched)
    lerobot_eval.main()
    overall = json.loads((tmp_path / 'eval_info.json').read_text())['overall']
    assert overall['pc_success'] == 100.0
    assert overall['n_episodes'] == 2
    wanted = World(PANDA)
    for scene, seed in zip(scenes[1:3], (0, 1), strict=True):
        assert scene['values'] == reset(wanted, seed)['values']
    assert len(overall['video_paths']) == 2


def test_an_unknown_preset_of_randomisation_is_told():
    with pytest.raises(Exception, match='no_such'):
        VlaDeployEnv('panda_lift_cube', randomization='no_such')
    with pytest.raises(UnknownNameError):
        VlaDeployEnv('panda_lift_cube', randomization='tutorial:no_such')
