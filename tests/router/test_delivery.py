import pytest

from communicator.router import RouterLimits

SENDER = "+ A unix bob\nA > REGISTER service=svc_a;version=1\nA < HELP\nA < READY my_address=*\n"
REPORT = "TRANSMISSION_REPORT command=P;destination_service=offline;reason=service_absent;status="


@pytest.mark.parametrize(
    ("parameters", "answers", "kept"),
    [
        ("x=1", [], True),
        ("x=1;transmission_report=failure", [REPORT + "cached"], True),
        ("x=1;transmission_report=yes", [], True),
        ("x=1;cache=no", [], False),
        ("x=1;cache=no;transmission_report=failure", [REPORT + "failed"], False),
        (
            'x=1;cache="no;reply";transmission_report=failure',
            ["SERVICE_UNAVAILABLE destination_service=offline;unsent_command=P", REPORT + "failed"],
            False,
        ),
        ('x=1;cache="no;reply"', ["SERVICE_UNAVAILABLE destination_service=offline;unsent_command=P"], False),
        ("x=1;cache=reply", [], True),
        ("x=1;cache=ttl=20", [], True),
    ],
)
def test_a_message_for_a_known_service_that_is_away(playbook, parameters, answers, kept):
    book = playbook().play(SENDER)
    book.play("\n".join([f"A > offline/P {parameters}", *(f"A < {answer}" for answer in answers)]))
    book.play(
        "+ O unix bob\nO > REGISTER service=offline;version=1\nO < HELP\nO < READY my_address=*\n"
        + (f"O < <peer:svc_a offline/P {parameters}" if kept else "O < (nothing)")
    )


def test_a_kept_message_ends_after_a_minute_unless_it_asks_for_more(playbook):
    book = playbook().play(SENDER + "A > offline/P x=1\nA > offline/P x=2;cache=ttl=90\n@ 61")
    book.play(
        """
        + O unix bob
        O > REGISTER service=offline;version=1
        O < HELP
        O < READY my_address=*
        O < <peer:svc_a offline/P x=2;cache=ttl=90
        """,
    )
    assert book.router.next_deadline() is None


def test_a_full_cache_tells_the_sender_and_the_log(playbook):
    book = playbook(limits=RouterLimits(cache_messages=1)).play(SENDER + "A > offline/P x=1")
    book.play("A > offline/P x=2;transmission_report=failure\nA < " + REPORT + "failed")
    assert [notice.fields["service"] for notice in book.notices if notice.event == "cache_full"] == ["offline"]
    assert book.router._board.statistics.dropped["cache_full"] == 1


@pytest.mark.parametrize("door", ["unix", "local"])
def test_one_user_does_not_take_the_room_of_another(playbook, door):
    book = playbook(limits=RouterLimits(cache_messages=100)).play(f"+ E {door} bob\n+ A {door} alice\n")
    for _ in range(200):
        book.write("E", b"offline/P x=1;cache=ttl=86400\n")
    book.play("E > offline/P transmission_report=failure\nE < " + REPORT + "failed")
    book.play("A > offline/P transmission_report=failure\nA < " + REPORT + "cached")
    told = [notice.fields for notice in book.notices if notice.event == "cache_full"]
    assert told[0] == {"service": "offline", "sender": "user bob", "messages": 51}


@pytest.mark.parametrize(
    ("address", "told", "reason"),
    [
        ("nobody", "destination_service=nobody", "service_unknown"),
        ("peer:nobody", "destination_service=nobody;destination_server=peer", "service_unknown"),
        (".:nobody", "destination_service=nobody;destination_server=.", "service_unknown"),
        ("elsewhere:svc_a", "destination_service=svc_a;destination_server=elsewhere", "server_unknown"),
        ("elsewhere:offline", "destination_service=offline;destination_server=elsewhere", "server_unknown"),
    ],
)
def test_a_message_nobody_takes_is_reported_to_who_asks_for_it(playbook, address, told, reason):
    playbook().play(
        SENDER
        + f"""
        A > {address}/P x=1;transmission_report=failure
        A < TRANSMISSION_REPORT command=P;status=failed;{told};reason={reason}
        A > {address}/P x=1
        """,
    )


@pytest.mark.parametrize("address", ["svc_a", "peer:svc_a", ".:svc_a", "*:svc_a"])
def test_a_service_that_addresses_itself_gets_its_message(playbook, address):
    playbook().play(
        SENDER
        + f"""
        A > {address}/P x=1;transmission_report=failure
        A < <peer:svc_a {address}/P transmission_report=failure;x=1
        """,
    )


def test_a_message_without_an_encoding_is_refused(playbook):
    book = playbook().play(SENDER)
    book.write("A", b'{"command":"P","service":"offline","parameters":{"x":"a;b\\\\"}}\n')
    assert (book.hear("A").command, book.router._board.statistics.dropped["invalid"]) == ("INVALID", 1)
