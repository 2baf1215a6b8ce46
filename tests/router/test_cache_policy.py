import pytest

from communicator.router.vocabulary.cache_policy import CachePolicy, parse_cache_policy


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("", CachePolicy()),
        ("no", CachePolicy(keep=False)),
        ("reply", CachePolicy(reply=True)),
        ("no;reply", CachePolicy(keep=False, reply=True)),
        ("reply; no", CachePolicy(keep=False, reply=True)),
        ("ttl=20", CachePolicy(ttl_s=20)),
        ("ttl=2m;reply", CachePolicy(reply=True, ttl_s=120)),
        ("ttl=10", CachePolicy(ttl_s=10)),
        ("ttl=1d", CachePolicy(ttl_s=86400)),
        ("ttl=1s", CachePolicy()),  # too short: the default
        ("ttl=2d", CachePolicy()),  # too long: the default
        ("ttl=soon", CachePolicy()),
        ("perhaps", CachePolicy()),
    ],
)
def test_cache_parameter(text, policy):
    assert parse_cache_policy(text) == policy
