import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.pairs import RealtimeReading
from timekeeper.probes.packet import (
    BOOT_ID_BYTES,
    PACKET_BYTES,
    Reply,
    Request,
    Seal,
    decode,
    encode_reply,
    encode_request,
    hash_cluster,
)
from timekeeper.probes.result import ProbeResult

OPEN = Seal(hash_cluster("main"))
SEALED = Seal(hash_cluster("main"), b"the key of main")
SEALS = [OPEN, SEALED]
REQUEST = Request("alpha", b"12345678", 7)
REPLY = Reply(
    sender="beta",
    nonce=b"12345678",
    seq=7,
    t2_ns=5_000_000_001,
    t3_ns=5_000_040_002,
    t2_error_ns=350,
    reading=RealtimeReading(difference_ns=1_795_000_000_000_000_000, raw_ns=5_000_030_000, error_ns=60),
    boot_id="9f1d6ab0-2a0b-4b53-9f3e-b2b6cf0f9a11",
    epoch=3,
)
FAULTS = {ProbeResult.MALFORMED, ProbeResult.VERSION, ProbeResult.CLUSTER, ProbeResult.KEY}


def patched(data, offset, new):
    return data[:offset] + new + data[offset + len(new) :]


names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,127}", fullmatch=True)
times = st.integers(0, 2**63 - 1)
errors = st.integers(0, 2**32 - 1)
requests = st.builds(Request, names, st.binary(min_size=8, max_size=8), st.integers(0, 2**64 - 1))
replies = st.builds(
    Reply,
    sender=names,
    nonce=st.binary(min_size=8, max_size=8),
    seq=st.integers(0, 2**64 - 1),
    t2_ns=times,
    t3_ns=times,
    t2_error_ns=errors,
    reading=st.builds(RealtimeReading, st.integers(-(2**63), 2**63 - 1), times, errors),
    boot_id=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=BOOT_ID_BYTES),
    epoch=st.integers(0, 2**32 - 1),
)


@given(requests, st.sampled_from(SEALS))
def test_a_request_there_and_back(request_, seal):
    data = encode_request(request_, seal)
    assert len(data) == PACKET_BYTES
    assert decode(data, seal) == request_


@given(replies, st.sampled_from(SEALS))
def test_a_reply_there_and_back(reply, seal):
    data = encode_reply(reply, seal)
    assert len(data) == PACKET_BYTES
    assert decode(data, seal) == reply


def test_an_answer_is_not_larger_than_its_question():
    longest = replace(REPLY, sender="b" * 128, boot_id="b" * BOOT_ID_BYTES)
    assert len(encode_reply(longest, SEALED)) <= len(encode_request(Request("a", bytes(8), 0), OPEN))


def test_the_bytes_of_a_request():
    data = encode_request(REQUEST, OPEN)
    assert data[:36] == b"BWtp\x01\x01" + OPEN.cluster_id + b"12345678" + (7).to_bytes(8) + b"\x05alpha"
    assert data[36:] == bytes(PACKET_BYTES - 36)


def test_an_error_that_does_not_fit_is_sent_as_the_largest_that_does():
    reading = replace(REPLY.reading, error_ns=2**40)
    read = decode(encode_reply(replace(REPLY, t2_error_ns=2**40, reading=reading), OPEN), OPEN)
    assert (read.t2_error_ns, read.reading.error_ns) == (2**32 - 1, 2**32 - 1)


BOOT_LENGTH = 203


@pytest.mark.parametrize(
    ("data", "seal", "fault"),
    [
        (b"", OPEN, ProbeResult.MALFORMED),
        (encode_request(REQUEST, OPEN)[:-1], OPEN, ProbeResult.MALFORMED),
        (encode_request(REQUEST, OPEN) + b"\0", OPEN, ProbeResult.MALFORMED),
        (bytes(PACKET_BYTES), OPEN, ProbeResult.MALFORMED),
        (patched(encode_request(REQUEST, OPEN), 4, b"\x02"), OPEN, ProbeResult.VERSION),
        (encode_request(REQUEST, Seal(hash_cluster("other"))), OPEN, ProbeResult.CLUSTER),
        (encode_request(REQUEST, Seal(hash_cluster("other"), SEALED.key)), SEALED, ProbeResult.CLUSTER),
        (encode_request(REQUEST, OPEN), SEALED, ProbeResult.KEY),
        (encode_request(REQUEST, SEALED), OPEN, ProbeResult.KEY),
        (encode_request(REQUEST, replace(SEALED, key=b"another")), SEALED, ProbeResult.KEY),
        (encode_reply(REPLY, replace(SEALED, key=b"another")), SEALED, ProbeResult.KEY),
        (patched(encode_reply(REPLY, OPEN), 5, b"\x03"), OPEN, ProbeResult.MALFORMED),
        (patched(encode_request(REQUEST, OPEN), 31, b"\xe4lpha"), OPEN, ProbeResult.MALFORMED),
        (patched(encode_request(REQUEST, OPEN), 30, b"\x00"), OPEN, ProbeResult.MALFORMED),
        (patched(encode_request(REQUEST, OPEN), 30, b"\x81" + b"a" * 128), OPEN, ProbeResult.MALFORMED),
        (encode_reply(replace(REPLY, t2_ns=-1), OPEN), OPEN, ProbeResult.MALFORMED),
        (encode_reply(replace(REPLY, t3_ns=-1), OPEN), OPEN, ProbeResult.MALFORMED),
        (encode_reply(replace(REPLY, reading=RealtimeReading(0, -1, 0)), OPEN), OPEN, ProbeResult.MALFORMED),
        (patched(encode_reply(REPLY, OPEN), BOOT_LENGTH, b"\x25"), OPEN, ProbeResult.MALFORMED),
        (patched(encode_reply(REPLY, OPEN), BOOT_LENGTH, b"\x24\xff"), OPEN, ProbeResult.MALFORMED),
        (patched(encode_reply(REPLY, OPEN), BOOT_LENGTH, b"\x24\n"), OPEN, ProbeResult.MALFORMED),
    ],
)
def test_what_is_no_packet_has_a_name(data, seal, fault):
    assert decode(data, seal) is fault


def test_the_offset_of_the_boot_id_is_the_one_this_table_uses():
    assert encode_reply(REPLY, OPEN)[BOOT_LENGTH] == len(REPLY.boot_id)


@given(st.binary(max_size=PACKET_BYTES + 8), st.sampled_from(SEALS))
def test_any_bytes_are_a_packet_or_have_a_fault(data, seal):
    assert decode(data, seal) in FAULTS  # chance makes no magic


@given(st.data(), st.sampled_from([encode_request(REQUEST, OPEN), encode_reply(REPLY, OPEN)]))
def test_a_packet_with_any_change_is_a_packet_or_has_a_fault(data, packet):
    offset = data.draw(st.integers(0, PACKET_BYTES - 1))
    changed = patched(packet, offset, data.draw(st.binary(max_size=PACKET_BYTES - offset)))
    read = decode(changed, OPEN)
    assert isinstance(read, Request | Reply) or read in FAULTS


@given(st.integers(0, PACKET_BYTES * 8 - 1), st.sampled_from([REQUEST, REPLY]))
def test_no_bit_of_a_sealed_packet_can_be_changed(bit, packet):
    data = encode_request(packet, SEALED) if isinstance(packet, Request) else encode_reply(packet, SEALED)
    changed = (int.from_bytes(data) ^ 1 << bit).to_bytes(PACKET_BYTES)
    assert decode(changed, SEALED) in FAULTS


def test_our_own_mistake_is_no_packet():
    with pytest.raises(struct.error):
        encode_reply(replace(REPLY, epoch=-1), OPEN)


def test_a_key_is_never_shown():
    assert repr(SEALED) == f"Seal({SEALED.cluster_id.hex()}, sealed)"
    assert repr(OPEN) == f"Seal({OPEN.cluster_id.hex()}, open)"
