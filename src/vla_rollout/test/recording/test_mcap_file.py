from io import BufferedWriter

from vla_rollout.recording.mcap_file import SmallWrites


def test_large_data_reaches_the_kernel_in_pieces_and_whole(tmp_path):
    sizes = []

    class Watched(SmallWrites):
        def write(self, data):
            sizes.append(super().write(data))
            return sizes[-1]

    data = bytes(range(256)) * 1000
    with BufferedWriter(Watched(tmp_path / 'x', 'wb')) as stream:
        assert stream.write(data) == len(data)
        stream.write(b'end')
        assert stream.tell() == len(data) + 3
    assert (tmp_path / 'x').read_bytes() == data + b'end'
    assert max(sizes) <= 65536
