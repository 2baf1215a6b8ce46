"""The exporter itself as metrics."""

from exporters.collectors.own import OWN, OwnReport, Standing

SERVED = OwnReport(
    version="1.2", python="3.13.5", start_time_seconds=1.7e9, scrapes=3, dropped={"router": 0, "canary": 9}
)


def samples(report):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in OWN.translate(report).families
        for sample in family.samples
    }


def test_what_is_served_has_no_time_of_writing():
    assert samples(SERVED) == {
        ("exporter_build_info", "1.2", "3.13.5"): 1,
        ("exporter_start_time_seconds",): 1.7e9,
        ("exporter_scrapes_total",): 3,
        ("exporter_series_dropped", "router"): 0,
        ("exporter_series_dropped", "canary"): 9,
    }


def test_what_is_refused_is_told_by_reason():
    refusing = OwnReport(
        version="1.2",
        python="3.13.5",
        start_time_seconds=1.7e9,
        scrapes=1,
        dropped={},
        standing=Standing(refused={"host": 2, "form": 0}, reload_ok=False, reloaded_wall_s=1.6e9),
    )
    found = samples(refusing)
    assert found["exporter_refused_total", "host"] == 2
    assert found["exporter_refused_total", "form"] == 0
    assert found[("exporter_config_last_reload_successful",)] == 0
    assert found[("exporter_config_last_reload_success_timestamp_seconds",)] == 1.6e9


def test_what_is_written_says_when():
    written = OwnReport(
        version="1.2", python="3.13.5", start_time_seconds=1.7e9, scrapes=1, dropped={}, written_seconds=1.8e9
    )
    assert samples(written)[("exporter_textfile_timestamp_seconds",)] == 1.8e9
