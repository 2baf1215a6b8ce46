from communicator.router.vocabulary.named_counts import NAMES_COUNTED, OTHER, NamedCounts


def test_each_name_has_its_count():
    counts = NamedCounts()
    for name in ("printer", "mailer", "printer"):
        counts.add(name)
    assert counts == {"printer": 2, "mailer": 1}


def test_names_are_bounded_and_no_count_is_lost():
    counts, added = NamedCounts(), NAMES_COUNTED + 50
    for number in range(added):
        counts.add(f"client_{number}")
    counts.add("client_0")
    assert len(counts) == NAMES_COUNTED + 1
    assert (counts["client_0"], counts[OTHER], counts.total()) == (2, 50, added + 1)
