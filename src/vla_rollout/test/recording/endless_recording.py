"""Records one short episode after another until it is killed; says the name of each whole one."""

from itertools import count
from pathlib import Path
import sys

from vla_rollout.recording.episode_recorder import EpisodeRecorder
from vla_rollout.recording.record import Record, Topic
from vla_rollout.recording.ring_buffer import RingBuffer

TOPIC = Topic('/joint_states', 'std_msgs/msg/Float64', 'float64 data')
RECORDS = 200

if __name__ == '__main__':
    recorder = EpisodeRecorder(Path(sys.argv[1]), [TOPIC], RingBuffer(10**9, 10**7))
    for number in count(int(sys.argv[2])):
        recorder.start(f'episode_{number}')
        for k in range(RECORDS):
            recorder.take(Record(TOPIC.name, k, bytes(5_000)))
        print(recorder.stop({'number': str(number)}).name, flush=True)
