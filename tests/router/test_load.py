from communicator.router.effects import SampleLoad
from communicator.router.events import (
    LoadSampled,
)

UNREGISTERED = "+ U unix bob\n"


def test_load_is_told_when_it_has_moved(playbook):
    book = playbook().play("+ A unix bob\n+ B unix bob\nA > UNREGISTER_FROM_LOADAVG\nA > REGISTER_FOR_LOADAVG")
    assert book.effects_of(SampleLoad) == [SampleLoad(enabled=True)]
    for average in (0.5, 0.55, 0.59, 0.61):
        book.handle(LoadSampled(average))
    told = "LOADAVG my_address=127.0.0.1:4042;timestamp=1795500000.000000000;avg="
    book.play(f"A < {told}0.50\nA < {told}0.61\nB > LISTEN_LOADAVG ips=127.0.0.1")
    book.handle(LoadSampled(0.62))
    book.play(f"B < {told}0.62\nA > UNREGISTER_FROM_LOADAVG\nB x")
    assert book.effects_of(SampleLoad)[1:] == [SampleLoad(enabled=False)]


def test_the_load_of_a_stranger_is_not_to_be_had(playbook):
    playbook().play(
        UNREGISTERED + "U > LISTEN_LOADAVG ips=127.0.0.1,10.0.0.9\nU < INVALID command=LISTEN_LOADAVG;message=*"
    )
