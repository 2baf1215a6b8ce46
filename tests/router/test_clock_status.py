import pytest

UNREGISTERED = "+ U unix bob\n"

KEEPER = """
    + T unix root
    T > REGISTER service=timekeeper;version=1
    T < HELP
    T < READY my_address=*
"""


def test_clock_status_repeats_the_timekeeper_while_its_word_is_fresh(playbook):
    book = playbook().play(
        UNREGISTERED
        + "U > CLOCK_STATUS\nU < CLOCK_UNSTABLE cache=no;clock_error=checking\n"
        + KEEPER
        + """
        T > CLOCK_STABLE clock_resolution=verified;interval_s=10
        U > CLOCK_STATUS
        U < CLOCK_STABLE cache=no;clock_resolution=verified
        @ 29
        U > CLOCK_STATUS
        U < CLOCK_STABLE cache=no;clock_resolution=verified
        @ 2
        U > CLOCK_STATUS
        U < CLOCK_UNSTABLE cache=no;clock_error=checking
        """,
    )
    assert book.router.next_deadline() is None


def test_clock_word_is_news_to_those_who_listen_only_when_it_changes(trio):
    trio.play(
        """
        + T unix root
        T > REGISTER service=timekeeper;version=1
        T < HELP
        T < READY my_address=*
        A < STATUS cache=no;server=peer;server_name=peer;service=timekeeper;status=up;up_since=*
        T > CLOCK_STABLE clock_resolution=no_ntp
        A < CLOCK_STABLE cache=no;clock_resolution=no_ntp
        T > CLOCK_STABLE clock_resolution=no_ntp
        T > CLOCK_UNSTABLE clock_error=unsynchronized;interval_s=1
        A < CLOCK_UNSTABLE cache=no;clock_error=unsynchronized
        @ 3.5
        A < CLOCK_UNSTABLE cache=no;clock_error=checking
        T > CLOCK_STABLE clock_resolution=verified
        A < CLOCK_STABLE cache=no;clock_resolution=verified
        T x
        A < STATUS cache=no;server=peer;server_name=peer;service=timekeeper;status=down;up_since=*;down_since=*
        A < CLOCK_UNSTABLE cache=no;clock_error=checking
        """,
    )


@pytest.mark.parametrize("error", ["invalid", "false_claim", "cluster_off", "contradicted", "no_majority"])
def test_what_is_held_against_a_clock_is_repeated(playbook, error):
    playbook().play(
        KEEPER + f"T > CLOCK_UNSTABLE clock_error={error};interval_s=10\n"
        f"T > CLOCK_STATUS\nT < CLOCK_UNSTABLE cache=no;clock_error={error}",
    )


@pytest.mark.parametrize(
    "word",
    [
        "CLOCK_STABLE",
        "CLOCK_STABLE clock_error=x",
        "CLOCK_UNSTABLE",
        "CLOCK_STABLE clock_resolution=verified;interval_s=0",
        "CLOCK_STABLE clock_resolution=verified;interval_s=2d",
        "CLOCK_STABLE clock_resolution=verified;interval_s=x",
    ],
)
def test_a_bad_clock_word_is_refused(playbook, word):
    playbook().play(
        KEEPER + f"T > {word}\nT < INVALID command={word.partition(' ')[0]};message=*\n"
        "T > CLOCK_STATUS\nT < CLOCK_UNSTABLE cache=no;clock_error=checking",
    )


def test_the_word_of_a_timekeeper_that_unregisters_is_void(playbook):
    playbook().play(
        UNREGISTERED
        + KEEPER
        + """
        T > CLOCK_STABLE clock_resolution=verified
        T > UNREGISTER service=timekeeper
        T < EOF
        U > CLOCK_STATUS
        U < CLOCK_UNSTABLE cache=no;clock_error=checking
        """,
    )


def test_a_shadow_that_leaves_takes_no_word_along(playbook):
    playbook().play(
        UNREGISTERED
        + KEEPER
        + """
        T > CLOCK_STABLE clock_resolution=verified
        + S unix root
        S > REGISTER service=timekeeper;version=1;role=shadow
        S < HELP
        S < READY my_address=*
        S x
        U > CLOCK_STATUS
        U < CLOCK_STABLE cache=no;clock_resolution=verified
        """,
    )
