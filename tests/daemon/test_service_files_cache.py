"""``cache = …`` of a service file: what may stand there is what a message may say, and nothing that would be ignored there."""

import pytest

from communicator.daemon.service_files import read_cache_policy
from communicator.router.vocabulary.cache_policy import LONGEST_TTL_S, SHORTEST_TTL_S, CachePolicy, parse_cache_policy


@pytest.mark.parametrize(
    ("value", "policy"),
    [
        ("no", CachePolicy(keep=False)),
        ("no;reply", CachePolicy(keep=False, reply=True)),
        (" reply ; no ", CachePolicy(keep=False, reply=True)),
        ("ttl=10", CachePolicy(ttl_s=SHORTEST_TTL_S)),
        ("ttl=1d", CachePolicy(ttl_s=LONGEST_TTL_S)),
        ("ttl=5m", CachePolicy(ttl_s=300.0)),
    ],
)
def test_what_a_message_may_say_a_file_may_say(value, policy):
    assert read_cache_policy(value) == policy == parse_cache_policy(value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "'' is none of no, reply and ttl=DURATION"),
        ("yes", "'yes' is none of"),
        ("no;", "'' is none of"),
        ("NO", "'NO' is none of"),
        ("reply", "'reply' counts only beside 'no'"),
        ("ttl=", "'' is not a duration"),
        ("ttl=5 months", "'5 months' is not a duration"),
        ("ttl=9", "'ttl=9' is not between 10 and 86400 seconds"),
        ("ttl=2d", "'ttl=2d' is not between 10 and 86400 seconds"),
    ],
)
def test_what_would_be_ignored_in_a_message_is_wrong_in_a_file(value, reason):
    with pytest.raises(ValueError, match=reason):
        read_cache_policy(value)
