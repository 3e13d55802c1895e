from permitted import identity, unknown
import pytest
from vla_contract.errors import VlaError
from vla_rollout.episodes.policy_label import labels_of, policy_label, require_two_policies

OTHER = identity(content_sha256='e' * 64)


@pytest.mark.parametrize(
    ('facts', 'label'),
    [
        (('lerobot', 'runs/act', 'act'), 'runs/act'),
        (('remote', 'ws://gpu:8000', 'act'), 'ws://gpu:8000'),
        (('hold', 'panda_lift_act', 'panda_lift_act'), 'hold'),
        (('scripted', '', 'scripted'), 'scripted'),
        (('replay', 'data:3', 'data:3'), 'replay data:3'),
        (('mine:make', '', 'act'), 'mine:make'),
        (('lerobot', '', 'act'), 'act'),
    ],
)
def test_a_policy_is_called_by_what_computes_it(facts, label):
    assert policy_label(*facts) == label


def test_two_policies_of_one_source_are_told_apart():
    one, other = labels_of([identity(), OTHER])
    assert one == f'models/reach (reach, {identity().sha256[:8]})'
    assert other == f'models/reach (reach, {OTHER.sha256[:8]})'
    assert labels_of([identity(), identity(source='runs/a')]) == ['models/reach', 'runs/a']


@pytest.mark.parametrize(
    'pair',
    [
        (identity(), identity()),
        # Moved, or under another name, it is the same.
        (identity(), identity(policy='b', source='runs/b')),
        (identity(backend='hold'), identity(backend='hold', policy_file_sha256='e' * 64)),
        (unknown(), unknown()),
    ],
)
def test_a_policy_is_not_compared_with_itself(pair):
    with pytest.raises(VlaError, match='--compare b: both policies are .* with itself'):
        require_two_policies('b', pair)


@pytest.mark.parametrize(
    'pair',
    [
        (identity(), OTHER),
        (identity(), identity(backend='hold')),
        (identity(), identity(policy_file_sha256='e' * 64)),
        (identity(),),
    ],
)
def test_two_policies_are_compared(pair):
    require_two_policies('b', pair)
