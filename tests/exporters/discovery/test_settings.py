"""The settings of discovery."""

import pytest

from communicator.errors import ConfigError
from communicator.runtime.settings import load_settings
from exporters.settings import ExporterSettings


def load(*assignments):
    return load_settings(ExporterSettings, [], assignments).discovery


def test_two_services_do_not_take_one_file_from_each_other():
    with pytest.raises(ConfigError, match="holds the instances of 'exporter' already") as caught:
        load('discovery.files.exporter="/a/b.json"', 'discovery.files.billing="/a/../a/b.json"')
    assert caught.value.key == "discovery.files.billing"


def test_files_are_named_by_service():
    assert load('discovery.files.exporter="/a/b.json"').files == {"exporter": "/a/b.json"}
    assert load().files == {}


@pytest.mark.parametrize(
    ("assignment", "key"),
    [
        ("discovery.keep_s=0", "discovery.keep_s"),
        ("discovery.keep_s=nan", "discovery.keep_s"),
        ("discovery.interval_s=-1", "discovery.interval_s"),
        ("discovery.interval_s=inf", "discovery.interval_s"),
        ('discovery.files.exporter="b.json"', "discovery.files.exporter"),
        ('discovery.files.exporter="/a/b.txt"', "discovery.files.exporter"),
        ('discovery.files."no name"="/a/b.json"', "discovery.files.no name"),
    ],
)
def test_what_could_not_work_is_named(assignment, key):
    with pytest.raises(ConfigError) as caught:
        load(assignment)
    assert caught.value.key == key
