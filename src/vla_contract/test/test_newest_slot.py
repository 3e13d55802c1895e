import threading

from vla_contract.newest_slot import NewestSlot


def test_the_newest_value_is_taken_and_the_others_are_counted():
    slot = NewestSlot()
    for value in 'abc':
        slot.put(value)
    assert slot.take() == 'c'
    assert slot.dropped == 2


def test_who_waits_gets_the_next_value_and_none_at_the_end():
    slot, taken = NewestSlot(), []

    def work():
        while (value := slot.take()) is not None:
            taken.append(value)
            ready.set()

    ready = threading.Event()
    thread = threading.Thread(target=work)
    thread.start()
    slot.put(1)
    assert ready.wait(60.0)
    slot.close()
    thread.join(60.0)
    assert taken == [1]
    slot.put(2)
    assert slot.take() is None
