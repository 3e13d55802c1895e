from io import BufferedWriter

from mcap.reader import make_reader
from mcap.records import DataEnd
from mcap.stream_reader import StreamReader
from vla_rollout.recording.mcap_file import McapFile, SmallWrites
from vla_rollout.recording.record import Record, Topic


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


def test_every_byte_of_a_file_has_a_checksum(tmp_path):
    path = tmp_path / 'a.mcap'
    with McapFile(path, [Topic('/x', 'std_msgs/msg/Float64', 'float64 data')]) as file:
        file.write(Record('/x', 1, bytes(12)))
        file.annotate('vla', {'outcome': 'success'})
    with path.open('rb') as stream:
        records = list(StreamReader(stream, emit_chunks=True, validate_crcs=True).records)
    (end,) = (record for record in records if isinstance(record, DataEnd))
    assert end.data_section_crc != 0
    assert records[-1].summary_crc != 0
    with path.open('rb') as stream:
        assert len(list(make_reader(stream, validate_crcs=True).iter_messages())) == 1
