"""Flags as metrics."""

from communicator.flags.flag import Flag, FlagName
from exporters.collectors.flags import FLAGS, FlagsReport

WRONG = FlagName("timekeeper", "clock", "wrong")
DISK = FlagName("backup", "disk", "full")
LABELS = ("timekeeper", "clock", "wrong")


def samples(report):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in FLAGS.translate(report).families
        for sample in family.samples
    }


def test_what_is_up_is_told():
    flags = (
        (WRONG, Flag(name=WRONG, message="m", priority=90, date_s=1_700_000_000)),
        (DISK, Flag(name=DISK, message="m", manual_down=True)),
    )
    assert samples(FlagsReport(flags, unreadable=2, unread=3)) == {
        ("sitter_flags", "timekeeper"): 1,
        ("sitter_flags", "backup"): 1,
        ("sitter_flag_info", *LABELS): 1,
        ("sitter_flag_info", "backup", "disk", "full"): 1,
        ("sitter_flag_priority", *LABELS): 90,
        ("sitter_flag_priority", "backup", "disk", "full"): 5,
        ("sitter_flag_raised_timestamp_seconds", *LABELS): 1_700_000_000,
        ("sitter_flag_manual", *LABELS): 0,
        ("sitter_flag_manual", "backup", "disk", "full"): 1,
        ("sitter_flags_unreadable",): 2,
        ("sitter_flags_unread",): 3,
    }


def test_flags_of_one_unit_are_counted_together():
    flags = tuple(
        (name, Flag(name=name, message="m")) for name in (WRONG, FlagName("timekeeper", "clock", "false-claim"))
    )
    assert samples(FlagsReport(flags))["sitter_flags", "timekeeper"] == 2


def test_the_name_of_the_file_counts_since_it_alone_is_unique():
    flag = Flag(name=DISK, message="m")
    found = samples(FlagsReport(((WRONG, flag), (FlagName("x", "y", "z"), flag))))
    assert {key[1:] for key in found if key[0] == "sitter_flag_info"} == {LABELS, ("x", "y", "z")}


def test_where_nothing_is_up_no_flag_has_a_metric():
    assert samples(FlagsReport()) == {("sitter_flags_unreadable",): 0, ("sitter_flags_unread",): 0}
