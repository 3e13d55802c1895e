from vla_lerobot.drivers.simulated.motor import GOAL, SimulatedMotor, TOP_SPEED
from vla_lerobot.drivers.simulated.packets import answers, checksum, Packet, READ, take_packets


def packet(*body) -> bytes:
    return b'\xff\xff' + bytes(body) + bytes([checksum(bytes(body))])


def test_packets_are_found_between_noise_and_in_pieces():
    whole = packet(1, 4, READ, 56, 2)
    buffer = bytearray(b'\x12\xff' + whole + whole[:5])
    assert [p.id for p in take_packets(buffer)] == [1]
    buffer += whole[5:]
    assert list(take_packets(buffer)) == [Packet(1, READ, bytes([56, 2]))]
    assert buffer == bytearray()


def test_a_packet_with_a_wrong_checksum_is_dropped():
    whole = packet(1, 4, READ, 56, 2)
    assert list(take_packets(bytearray(whole[:-1] + b'\x00'))) == []


def test_a_motor_answers_what_its_registers_hold():
    motor = SimulatedMotor(1, 2000, (1000, 3000), offset=-500)
    text = next(answers(Packet(1, READ, bytes([56, 2])), {1: motor}))
    assert text == packet(1, 4, 0, 2000 & 0xFF, 2000 >> 8)


def test_a_goal_gives_torque_and_counts_within_the_limits():
    motor = SimulatedMotor(1, 2000, (1000, 3000))
    motor.write(GOAL, (4000).to_bytes(2, 'little'))
    assert motor.has_torque
    for _ in range(1000):
        motor.step(0.005)
    assert round(motor.position) == 3000
    assert motor.word(GOAL) == 4000


def test_it_is_no_faster_than_its_top_speed():
    motor = SimulatedMotor(1, 1000, (1000, 3000))
    motor.write(GOAL, (3000).to_bytes(2, 'little'))
    motor.step(0.1)
    assert motor.position - 1000 <= TOP_SPEED * 0.1


def test_a_limp_motor_falls():
    motor = SimulatedMotor(1, 2000, (1000, 3000))
    motor.step(0.1)
    assert motor.position < 2000
