import pytest

from canary.evidence.deliveries import Deliveries


def after(*told):
    deliveries = Deliveries()
    for at_s, messages, failed in told:
        for _ in range(messages):
            deliveries.add(at_s, failed=failed)
    return deliveries


@pytest.mark.parametrize(
    ("told", "are_failing"),
    [
        ([], False),
        ([(0.0, 4, True)], False),
        ([(0.0, 5, True)], True),
        ([(0.0, 5, False), (1.0, 5, True)], True),
        ([(0.0, 6, False), (1.0, 5, True)], False),
        ([(0.0, 6, False), (1.0, 6, True)], True),
        ([(0.0, 1, True), (29.9, 4, True)], True),
        ([(0.0, 1, True), (30.0, 4, True)], False),
        ([(0.0, 100, False), (30.0, 5, True)], True),
        ([(0.2, 100, False), (29.9, 5, True)], False),
    ],
)
def test_five_and_half_of_half_a_minute(told, are_failing):
    assert after(*told).are_failing is are_failing


def test_the_busiest_service_takes_no_more_room_than_half_a_minute():
    deliveries = after(*((second / 10, 3, False) for second in range(10_000)))
    assert len(deliveries._seconds) == 30
