import threading

from hypothesis import given, settings
from hypothesis import strategies as st
from vla_sim_bridge.physics.delivery import Delivery


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30))
@settings(deadline=None)
def test_everything_comes_in_order_and_never_early(latencies):
    now, sent = 0, []
    delivery = Delivery(lambda item: sent.append((now, item)))
    for now, latency in enumerate(latencies):
        delivery.add(now + latency, now)
        delivery.release(now)
    for now in range(len(latencies), 100):
        delivery.release(now)
    assert [item for _, item in sent] == list(range(len(latencies)))
    latest = 0
    for captured, (at, latency) in enumerate(zip((at for at, _ in sent), latencies, strict=True)):
        latest = max(latest, captured + latency)
        assert at == latest


def test_a_second_thread_neither_waits_nor_sends_at_the_same_time():
    entered, go = threading.Event(), threading.Event()
    sent = []

    def send(item):
        sent.append(item)
        entered.set()
        assert go.wait(10.0)

    delivery = Delivery(send)
    delivery.add(0, 'first')
    thread = threading.Thread(target=delivery.release, args=(0,))
    thread.start()
    assert entered.wait(10.0)
    delivery.add(0, 'second')
    delivery.release(0)
    assert sent == ['first']
    go.set()
    thread.join()
    delivery.release(0)
    assert sent == ['first', 'second']
