from vla_rollout.episodes.run_folder import make_run_folder


def test_latest_points_to_the_newest_run(tmp_path):
    first = make_run_folder('demo', tmp_path)
    second = make_run_folder('demo', tmp_path)
    assert first != second
    assert (tmp_path / 'latest').resolve() == second


def test_what_has_no_episodes_is_not_the_latest_run(tmp_path):
    run = make_run_folder('rollout', tmp_path)
    make_run_folder('preflight', tmp_path, is_run=False)
    assert (tmp_path / 'latest').resolve() == run


def test_a_folder_called_latest_is_left_alone(tmp_path):
    (tmp_path / 'latest').mkdir()
    make_run_folder('demo', tmp_path)
    assert not (tmp_path / 'latest').is_symlink()
