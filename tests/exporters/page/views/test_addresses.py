"""Addresses and ids: whatever a name is, it comes back from the query, and an id is one word."""

import re
from urllib.parse import parse_qs

from hypothesis import example, given
from hypothesis import strategies as st

from exporters.page.views.addresses import explain_query, host_query, stable_id

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(NAMES, NAMES, NAMES, st.text(st.characters(exclude_categories=["Cs"])))
@example("a&b=c", "#", "?", "")
def test_names_come_back_from_a_query(server, service, version, build):
    told = parse_qs(explain_query(server, service, version, build), keep_blank_values=True)
    assert told == {
        "server": [server],
        "service": [service],
        "version": [version],
        **({"build": [build]} if build else {}),
    }
    assert parse_qs(host_query(server)) == {"host": [server]}


@given(st.lists(st.text()))
def test_an_id_is_one_word(parts):
    assert re.fullmatch(r"cell-[0-9a-f]{12}", stable_id("cell", *parts))


def test_an_id_depends_on_each_part():
    ids = {stable_id("cell", *parts) for parts in (("a", "b"), ("ab", ""), ("", "ab"), ("a", "b", ""))}
    assert len(ids) == 4
    assert stable_id("cell", "a", "b") == stable_id("cell", "a", "b")


def test_what_is_no_character_does_no_harm():
    assert explain_query("\ud800", "b", "c", "") == "server=%3F&service=b&version=c"
    stable_id("cell", "\ud800")
