from hypothesis import given, settings
from hypothesis import strategies as st
import torch
from vla_finetune.frame_window import frame_window


@settings(deadline=None)
@given(
    first=st.integers(0, 50),
    length=st.integers(1, 30),
    place=st.floats(0, 0.999),
    offsets=st.lists(st.integers(-40, 40), min_size=1, max_size=8),
)
def test_a_window_never_leaves_its_episode_and_says_where_it_would(first, length, place, offsets):
    last = first + length - 1
    frame = first + int(place * length)
    ends = torch.tensor([first]), torch.tensor([last])
    [frames], [is_pad] = frame_window(torch.tensor([frame]), torch.tensor(offsets), *ends)
    expected = [min(max(frame + offset, first), last) for offset in offsets]
    assert frames.tolist() == expected
    assert is_pad.tolist() == [not first <= frame + offset <= last for offset in offsets]
