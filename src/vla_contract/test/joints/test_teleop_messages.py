from types import SimpleNamespace

import numpy as np
import pytest
from vla_contract.errors import ContractError, UnknownNameError
from vla_contract.joints.teleop_messages import TeleopReader

NAMES = ('a', 'b', 'c')


def message(names, *points):
    stamp = SimpleNamespace(sec=1, nanosec=0)
    return SimpleNamespace(
        header=SimpleNamespace(stamp=stamp),
        joint_names=names,
        points=[
            SimpleNamespace(
                positions=point, time_from_start=SimpleNamespace(sec=0, nanosec=20_000_000 * k)
            )
            for k, point in enumerate(points)
        ],
    )


def test_some_joints_in_any_order_are_read_in_the_cells_order():
    wish = TeleopReader(NAMES).read(message(['c', 'a'], [3.0, 1.0], [4.0, 2.0]))
    assert wish.named.tolist() == [True, False, True]
    assert wish.chunk.positions.tolist() == [[1.0, 3.0], [2.0, 4.0]]
    assert (wish.chunk.stamp_ns, wish.chunk.period_ns) == (1_000_000_000, 20_000_000)


def test_names_may_change_between_messages():
    reader = TeleopReader(NAMES)
    reader.read(message(['a'], [1.0]))
    assert np.array_equal(reader.read(message(['b'], [2.0])).named, [False, True, False])


def test_an_unknown_joint_is_named_with_those_that_are_there():
    with pytest.raises(UnknownNameError, match="'d'.*a, b, c"):
        TeleopReader(NAMES).read(message(['a', 'd'], [1.0, 2.0]))


@pytest.mark.parametrize(
    ('names', 'points'), [(['a', 'a'], [[1.0, 2.0]]), (['a'], [[1.0, 2.0]]), (['a'], [])]
)
def test_what_cannot_be_read_is_refused(names, points):
    with pytest.raises(ContractError):
        TeleopReader(NAMES).read(message(names, *points))
