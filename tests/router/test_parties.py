"""Under which names a reply reaches who asks."""

import pytest

from communicator.router.cores.parties import names_of, party_of


def test_names_of_a_sender():
    assert names_of(b"<far:anna", b"peer") == (b"far:anna",)
    assert names_of(b"<peer:anna", b"peer") == (b"peer:anna", b"anna", b".:anna")


@pytest.mark.parametrize(("sender", "party"), [(b"<far:anna", b"far:anna"), (b"<peer:anna", b"peer:anna")])
def test_each_name_of_a_sender_means_that_one(sender, party):
    assert {party_of(name, b"peer") for name in names_of(sender, b"peer")} == {party}
