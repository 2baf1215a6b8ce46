import pytest

from communicator.router import RouterLimits
from communicator.router.vocabulary.events import LinkHeld

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


class TestOneRunIsAsked:
    """ALIVE with a run_id reaches that run, whatever its role; the router answers for one that cannot be asked."""

    @pytest.fixture
    def book(self, playbook):
        book = playbook().run("+ C unix root\nC > REGISTER service=canary;version=1")
        for _ in ("HELP", "READY", "RUN_STARTED"):
            book.hear("C")
        return book

    def register(self, book, who, role):
        book.run(
            f"+ {who} unix bob\n{who} > REGISTER service=svc_a;version=1;role={role}\n{who} < HELP\n{who} < READY my_address=*"
        )
        return book.hear("C").get("run_id")

    @pytest.mark.parametrize("asked", ["A", "B"])
    def test_it_is_asked_without_that_parameter(self, book, asked):
        runs = {"A": self.register(book, "A", "live"), "B": self.register(book, "B", "standby")}
        book.play(f"""
            C > peer:svc_a/ALIVE run_id={runs[asked]};serial=n1
            {asked} < <peer:canary peer:svc_a/ALIVE serial=n1
            {asked} > peer:canary/ABSOLUTELY serial=n1
            C < <peer:svc_a peer:canary/ABSOLUTELY serial=n1
        """)

    def test_for_one_that_is_over_the_router_answers(self, book):
        self.register(book, "A", "live")
        book.play("""
            C > peer:svc_a/ALIVE run_id=gone;serial=n1
            C < ABSOLUTELY serial=n1
            C > peer:offline/ALIVE run_id=gone;serial=n2
            C < ABSOLUTELY serial=n2
        """)

    def test_for_one_that_does_not_understand_it_too(self, book):
        run_id = self.register(book, "A", "live")
        book.play(f"""
            A > COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN
            C > peer:svc_a/ALIVE run_id={run_id};serial=n1
            C < ABSOLUTELY serial=n1
        """)

    def test_and_for_one_that_it_holds_up_itself(self, book):
        run_id = self.register(book, "A", "live")
        book.handle(LinkHeld(book.links["A"], held=True))
        book.play(f"C > peer:svc_a/ALIVE run_id={run_id};serial=n1\nC < ABSOLUTELY serial=n1")
