import contextlib
import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.answers.services import Instance, Role
from communicator.errors import RemoteProtocolError
from communicator.router import RouterLimits
from communicator.router.vocabulary.records import (
    BUCKETS,
    COST_MAX,
    ENTRIES_MAX,
    HOSTS_MAX,
    LINKS,
    PARTS,
    RECORDS_BYTES,
    REMEMBERED_RECORDS,
    VALUES_MAX,
    Leaf,
    LinksState,
    NeighborState,
    Record,
    ServicesState,
    bucket_of,
    decode_digests,
    decode_records,
    decode_summary,
    encode_records,
)

BOOT_ID = "00000000-0000-4000-8000-000000000001"
PAYROLL = bucket_of("payroll")

names = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,20}\Z")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
addresses = st.sampled_from(["10.0.0.1:4042", "[fd00::7]:4043", "127.0.0.2:4042"])
counts = st.integers(1, 2**53)
leaves = st.builds(Leaf, addresses, st.lists(names, max_size=3).map(tuple))
neighbors = st.builds(
    NeighborState, names.map("n_{}".format), st.floats(0, COST_MAX, exclude_min=True), st.none() | leaves
)
links_states = st.builds(
    LinksState,
    addresses,
    st.booleans(),
    st.lists(neighbors, max_size=4, unique_by=lambda neighbor: neighbor.server).map(tuple),
    st.lists(texts, max_size=3).map(tuple),
    st.dictionaries(addresses, counts, max_size=2),
)
instances = st.builds(
    Instance,
    server=st.just("alpha"),
    service=names,
    version=texts,
    build=texts,
    role=st.sampled_from(Role),
    state=st.sampled_from(["up", "down", "blocked"]),
    up_since=st.none() | counts,
    address=addresses | st.just(""),
    pid=st.none() | counts,
    boot_id=texts,
    metrics_port=st.none() | st.integers(1, 65_535),
    probe_port=st.none() | st.integers(1, 65_535),
    description=texts,
    commands=st.lists(st.from_regex(r"\A[A-Z_][A-Z0-9_]{0,9}\Z"), max_size=3).map(tuple),
)
records = st.builds(Record, names, st.just(BOOT_ID), counts, st.just(LINKS), counts, links_states) | instances.flatmap(
    lambda one: st.builds(
        Record,
        st.just("alpha"),
        st.just(BOOT_ID),
        counts,
        st.just(bucket_of(one.service)),
        counts,
        st.just(ServicesState((one, one))),
    )
)


@given(st.lists(records, max_size=8), st.integers(0, 4000))
def test_records_survive_the_wire_and_no_array_is_longer_than_it_may_be(written, bytes_max):
    arrays = encode_records(written, bytes_max)
    read = [decode_records(text).records for text in arrays]
    assert [record for array in read for record in array] == written
    assert all(len(array) == 1 or len(text.encode()) <= bytes_max for text, array in zip(arrays, read, strict=True))


def test_an_array_is_filled_to_its_last_byte():
    record = Record("alpha", BOOT_ID, 1, LINKS, 1, LinksState("10.0.0.1:1", secure=False))
    both = len(encode_records([record, record], 10_000)[0])
    assert len(encode_records([record, record], both)) == 1
    assert len(encode_records([record, record], both - 1)) == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"[{'{},' * 20_000}{{}}]", "not an array of one link-state record, and longer than 8192 characters"),
        (f"[{'0,' * 4_000}0]", "4001 link-state records in 8003 characters"),
    ],
)
def test_what_holds_too_many_records_is_refused_before_any_is_read(text, why):
    with pytest.raises(RemoteProtocolError, match=why):
        decode_records(text)


def test_one_record_may_be_as_long_as_a_line():
    neighbors = tuple(NeighborState(f"server_{number}", 1.0) for number in range(HOSTS_MAX))
    record = Record("alpha", BOOT_ID, 1, LINKS, 1, LinksState("10.0.0.1:1", secure=False, neighbors=neighbors))
    [text] = encode_records([record], RECORDS_BYTES)
    assert len(text) > 10 * RECORDS_BYTES
    assert decode_records(text).records == [record]


def record_of(features):
    return Record("alpha", BOOT_ID, 1, LINKS, 1, LinksState("10.0.0.1:1", secure=False, features=features))


@pytest.mark.parametrize(("features", "is_remembered"), [(("one",), True), (("f" * 256,) * 64, False)])
def test_a_record_that_comes_again_is_not_read_again_unless_it_is_long(features, is_remembered):
    [text] = encode_records([record_of(features)], 100_000)
    first, again = (decode_records(text).records[0] for _ in range(2))
    assert first == again
    assert (first is again) == is_remembered


def test_no_more_records_are_remembered_than_may_be():
    lines = [encode_records([record_of((f"number {number}",))], 1000)[0] for number in range(REMEMBERED_RECORDS + 1)]
    first = decode_records(lines[0]).records[0]
    for line in lines[1:]:
        decode_records(line)
    assert decode_records(lines[0]).records[0] is not first


def test_an_instance_has_every_key_that_the_suite_agreed_on():
    instance = Instance(server="alpha", service="payroll", role=Role.LIVE, state="up")
    keys = "service,server,version,build,role,state,up_since,address,pid,boot_id,metrics_port,probe_port,commands,description"
    assert ",".join(msgspec.to_builtins(instance)) == keys


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", ["up", "down", "blocked"])
def test_only_what_is_up_and_acts_hears_broadcasts(role, state):
    instance = Instance(server="alpha", service="payroll", role=role, state=state)
    assert instance.hears_broadcasts == (state == "up" and role in {"live", "standby"})


def test_buckets_are_the_same_in_every_process_and_each_is_a_part():
    assert [bucket_of(name) for name in ("canary", "timekeeper", "payroll")] == ["1", "4", "6"]
    assert {bucket_of(f"service_{number}") for number in range(500)} | {LINKS} == PARTS
    assert len(PARTS) == BUCKETS + 1


def links_record(**changes):
    return {
        "server": "alpha",
        "boot_id": BOOT_ID,
        "started": 1_700_000_000,
        "part": "links",
        "sequence": 7,
        "state": {
            "address": "10.0.0.1:4042",
            "secure": True,
            "neighbors": [
                {"server": "beta", "cost": 1.5, "leaf": None},
                {"server": "old", "cost": 2, "leaf": {"address": "10.0.0.3:4042", "services": ["payroll"]}},
            ],
            "features": ["directory/1"],
            "forgotten": {"10.0.0.9:4042": 1_700_000_001},
        },
    } | changes


def services_record(**changes):
    told = {"server": "alpha", "service": "payroll", "role": "live", "state": "up", "commands": ["PAY"]}
    return links_record(part=PAYROLL, state={"instances": [told | changes]})


def with_links(**changes):
    return links_record(state=links_record()["state"] | changes)


def with_neighbor(**changes):
    return with_links(neighbors=[{"server": "beta", "cost": 1, "leaf": None} | changes])


def test_both_kinds_of_record_are_read():
    links, services = decode_records(json.dumps([links_record(), services_record()])).records
    assert links == Record(
        "alpha",
        BOOT_ID,
        1_700_000_000,
        "links",
        7,
        LinksState(
            "10.0.0.1:4042",
            secure=True,
            neighbors=(
                NeighborState("beta", 1.5),
                NeighborState("old", 2.0, Leaf("10.0.0.3:4042", ("payroll",))),
            ),
            features=("directory/1",),
            forgotten={"10.0.0.9:4042": 1_700_000_001},
        ),
    )
    told = Instance(server="alpha", service="payroll", role=Role.LIVE, state="up", commands=("PAY",))
    assert services.state == ServicesState((told,))


def test_what_a_later_release_adds_is_ignored():
    record = with_links(weather="fine")
    record["mood"] = {"good": True}
    assert decode_records(json.dumps([record])) == decode_records(json.dumps([links_record()]))
    assert decode_records(json.dumps([services_record(colour="blue")])) == decode_records(
        json.dumps([services_record()])
    )


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        (links_record(server="al pha"), "'al pha' is not a server name"),
        (links_record(server=7), r"Expected `str`, got `int` - at `\$.server`"),
        (links_record(boot_id=""), "boot_id"),
        (links_record(boot_id="a\n"), "boot_id"),
        (links_record(started=-1), "started"),
        (links_record(started=1.5), "started"),
        (links_record(started=2**60), "started"),
        (links_record(sequence=0), "sequence"),
        (links_record(part="16"), "'16' is not a part"),
        (links_record(part=PAYROLL, state=[]), f"part '{PAYROLL}': Expected `object`"),
        (links_record(part="links", state={"instances": []}), "part 'links': .*missing required field `address`"),
        (links_record(part="01"), "'01' is not a part"),
        (with_links(address="nowhere"), "'nowhere' has no port"),
        (with_links(secure=1), "secure"),
        (with_links(features=["f"] * 65), "features"),
        (with_links(forgotten={"10.0.0.1": 5}), "'10.0.0.1' has no port"),
        (with_links(forgotten={"10.0.0.1:1": "x"}), "forgotten"),
        (with_links(neighbors=[{"server": f"s{n}", "cost": 1} for n in range(HOSTS_MAX + 1)]), "length <= 2000"),
        (with_links(forgotten={f"10.0.0.1:{n}": 1 for n in range(HOSTS_MAX + 1)}), "length <= 2000"),
        (with_neighbor(server="*"), r"neighbor '\*' is not a server name"),
        (with_neighbor(server="alpha"), "neighbor 'alpha' is named twice, or is the server itself"),
        (with_links(neighbors=[{"server": "beta", "cost": 1}] * 2), "neighbor 'beta' is named twice"),
        (with_neighbor(cost=0), "cost"),
        (with_neighbor(cost=-1.0), "cost"),
        (with_neighbor(cost="1"), "cost"),
        (with_neighbor(cost=1e10), "cost"),
        (with_neighbor(leaf={"address": "10.0.0.3", "services": []}), "'10.0.0.3' has no port"),
        (with_neighbor(leaf={"address": "", "services": ["pay-roll"]}), "'pay-roll' of a leaf is not a service name"),
        (services_record(server="beta"), "'payroll' is said to be of server 'beta'"),
        (services_record(service="pay roll"), "'pay roll' is not a service name"),
        (services_record(service="canary"), "'canary' belongs into part '1'"),
        (services_record(role="king"), "role"),
        (services_record(state="asleep"), "state"),
        (services_record(metrics_port=70_000), "metrics_port"),
        (services_record(pid="1"), "pid"),
        (services_record(address="10.0.0.1:x"), "'10.0.0.1:x' has no port"),
        (services_record(version="9" * 257), "version"),
        (services_record(commands=["pay"]), "'payroll': 'pay' is not a command"),
        (services_record(commands=["PAY"] * (ENTRIES_MAX + 1)), "commands"),
    ],
)
def test_an_unfit_record_is_refused_by_naming_what_is_wrong(record, complaint):
    records = [links_record(), record, services_record()]
    together = json.dumps(records)
    lines = [together] if len(together) <= RECORDS_BYTES else [json.dumps([each]) for each in records]
    told = [decode_records(line) for line in lines]
    assert [record.part for each in told for record in each.records] == ["links", PAYROLL]
    [refused] = [refused for each in told for refused in each.refused]
    assert re.search(complaint, refused)


@pytest.mark.parametrize("cost", ["NaN", "Infinity", "1e999", "-1e999"])
def test_a_cost_is_a_finite_number(cost):
    text = json.dumps([with_neighbor(cost="HERE")]).replace('"HERE"', cost)
    if cost in ("NaN", "Infinity"):
        with pytest.raises(RemoteProtocolError, match="not an array"):
            decode_records(text)
    else:
        assert (decode_records(text).records, len(decode_records(text).refused)) == ([], 1)


NOT_JSON_OF_OURS = ["", "{}", "null", "[" * 100_000, '["\ud800"]', "[1", '{"a":{}}', '{"a":[1,2]}']


def read_summary(text):
    return decode_summary(text, 10)


@pytest.mark.parametrize("read", [decode_records, read_summary])
@pytest.mark.parametrize("text", NOT_JSON_OF_OURS)
def test_what_is_no_json_of_ours_is_the_peers_fault(read, text):
    if read is read_summary and text == "{}":
        assert read(text) == {}
        return
    with pytest.raises(RemoteProtocolError, match=r"^(not a|100000 servers in a summary)"):
        read(text)


@pytest.mark.parametrize("beyond", [0, 1])
def test_a_record_of_more_values_than_are_read_at_once_is_refused_by_counting(beyond):
    leaf = {"address": "", "services": []}
    neighbors = [{"server": f"s{number}", "cost": 1, "leaf": leaf} for number in range(3)]
    record = with_links(neighbors=neighbors)
    left = VALUES_MAX + beyond - json.dumps([record]).count(",")
    for each, share in zip(neighbors, (left // 3, left // 3, left - 2 * (left // 3)), strict=True):
        each["leaf"] = {"address": "", "services": ["pay"] * (share + 1)}
    text = json.dumps([record])
    assert text.count(",") == VALUES_MAX + beyond
    if beyond:
        with pytest.raises(RemoteProtocolError, match=f"{VALUES_MAX + 1} commas in the link-state record .*alpha"):
            decode_records(text)
    else:
        assert len(decode_records(text).records) == 1


def test_the_services_of_as_many_as_a_host_may_register_can_be_told():
    services: dict[str, list[Instance]] = {}
    commands = tuple(f"COMMAND_{number}" for number in range(10))
    for number in range(RouterLimits().registrations):
        one = Instance(f"service{number}", "alpha", "1.0", "build", address="10.0.0.1:4042", commands=commands)
        services.setdefault(bucket_of(one.service), []).append(one)
    for part, found in services.items():
        record = Record("alpha", BOOT_ID, 1, part, 1, ServicesState(tuple(found)))
        [text] = encode_records([record], RECORDS_BYTES)
        assert decode_records(text).records == [record]


def test_neighbors_of_the_largest_clusters_can_be_told():
    listed = tuple(f"service{number}" for number in range(100))
    mixed = [NeighborState(f"host{number}", 1.0, Leaf("10.0.0.1:4042", listed)) for number in range(200)]
    ours = [NeighborState(f"host{number}", 1.0) for number in range(RouterLimits().members)]
    forgotten = {f"10.0.{number // 250}.{number % 250}:4042": number for number in range(RouterLimits().members)}
    for state in (
        LinksState("10.0.0.1:4042", secure=False, neighbors=tuple(mixed)),
        LinksState("10.0.0.1:4042", secure=False, neighbors=tuple(ours), forgotten=forgotten),
    ):
        record = Record("alpha", BOOT_ID, 1, LINKS, 1, state)
        [text] = encode_records([record], RECORDS_BYTES)
        assert decode_records(text).records == [record]


@pytest.mark.parametrize(
    ("servers", "parts", "complaint"),
    [
        (10, len(PARTS), ""),
        (11, 0, "^11 servers in a summary of link-state records, more than 10$"),
        (1, 10 * (1 + len(PARTS)), "^181 servers and parts in a summary of link-state records, more than 180$"),
    ],
)
def test_a_summary_is_counted_before_it_is_read(servers, parts, complaint):
    told = {f"host{number}": [1, BOOT_ID, {str(part): 1 for part in range(parts)}] for number in range(servers)}
    if complaint:
        with pytest.raises(RemoteProtocolError, match=complaint):
            decode_summary(json.dumps(told), 10)
    else:
        assert len(decode_summary(json.dumps(told), 10)) == servers


def test_digests_are_counted_before_they_are_read():
    told = {f"host{number}": "0123" for number in range(11)}
    assert decode_digests(json.dumps(told), 11) == told
    with pytest.raises(RemoteProtocolError, match=r"^11 digests of link-state records, more than 10$"):
        decode_digests(json.dumps(told), 10)


def test_a_state_nested_without_end_is_the_peers_fault():
    nested = json.dumps([links_record(state="HERE")]).replace('"HERE"', '{"x":' * 100_000 + "1" + "}" * 100_000)
    with pytest.raises(RemoteProtocolError):
        decode_records(nested)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
paths = st.sampled_from([(key,) for key in links_record()] + [("state", key) for key in links_record()["state"]])


@given(path=paths, value=json_values, read=st.sampled_from([decode_records, read_summary]))
def test_whatever_stands_in_a_record_nothing_but_the_documented_error_comes_of_it(path, value, read):
    record = links_record()
    place = record
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with contextlib.suppress(RemoteProtocolError):
        read(json.dumps([record]))
