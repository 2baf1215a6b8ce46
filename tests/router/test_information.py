from communicator.router.path.table import HANDLERS

UNREGISTERED = "+ U unix bob\n"


def test_public_ip_names_no_address_where_no_other_host_can_come_in(playbook):
    playbook().play(UNREGISTERED + "U > PUBLIC_IP\nU < SERVER_PUBLIC_IP")


def test_help_lists_every_command_the_router_obeys(playbook):
    book = playbook().play(UNREGISTERED)
    book.write("U", b"HELP\n")
    assert book.hear("U").get("list").split(",") == sorted(HANDLERS)


def test_alive_is_answered_with_serial_timestamp_and_the_time(trio):
    trio.play(
        """
        A > ALIVE serial=123;timestamp=1.5
        A < peer:svc_a/ABSOLUTELY reply_timestamp=1795500000.000000000;serial=123;timestamp=1.5
        """,
    )
