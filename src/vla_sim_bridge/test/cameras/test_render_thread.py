import threading

from vla_sim_bridge.cameras.render_thread import RenderThread


def test_the_newest_state_wins_and_older_ones_are_dropped(world):
    delivered, first, go = [], threading.Event(), threading.Event()

    def deliver(time_ns, looks, images):
        delivered.append(time_ns)
        first.set()
        go.wait(10)
        if time_ns == 4:
            done.set()

    done = threading.Event()
    thread = RenderThread(world, deliver, lambda reason: None)
    qpos = world.data.qpos.copy()
    thread.offer(1, qpos, world.appearance)
    assert first.wait(10)
    for time_ns in (2, 3, 4):
        thread.offer(time_ns, qpos, world.appearance)
    go.set()
    assert done.wait(10)
    thread.close()
    assert delivered == [1, 4]
    assert thread.dropped == 2


def test_a_failing_receiver_is_reported(world):
    failed = threading.Event()
    reasons = []

    def report(reason):
        reasons.append(reason)
        failed.set()

    def deliver(time_ns, looks, images):
        raise ValueError('no subscriber')

    thread = RenderThread(world, deliver, report)
    thread.offer(1, world.data.qpos.copy(), world.appearance)
    assert failed.wait(10)
    thread.close()
    assert reasons == ['rendering failed: ValueError: no subscriber']
