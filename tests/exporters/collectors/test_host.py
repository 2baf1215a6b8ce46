"""A host and the suite's processes as metrics."""

from exporters.collectors.host import HOST, Disk, HostReport, Process

DISKS = {"/data": Disk(1000, 300, 50, 20)}
REPORT = HostReport(
    loads=(0.5, 0.25, 0.125),
    cpus=2,
    memory_total_bytes=4096,
    memory_available_bytes=1024,
    swap_total_bytes=0,
    swap_free_bytes=0,
    boot_time_seconds=1.7e9,
    disks=DISKS,
    processes={
        "exporter": Process(start_time_seconds=1.8e9, cpu_seconds=2.5, resident_bytes=4096, open_fds=12, threads=3),
        "canaryd": Process(),
        "communicatord": None,
    },
)


def samples(report):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in HOST.translate(report).families
        for sample in family.samples
    }


def test_a_whole_report_is_exported():
    assert samples(REPORT) == {
        ("host_load1",): 0.5,
        ("host_load5",): 0.25,
        ("host_load15",): 0.125,
        ("host_cpus",): 2,
        ("host_memory_total_bytes",): 4096,
        ("host_memory_available_bytes",): 1024,
        ("host_swap_total_bytes",): 0,
        ("host_swap_free_bytes",): 0,
        ("host_boot_time_seconds",): 1.7e9,
        ("host_disk_size_bytes", "/data"): 1000,
        ("host_disk_free_bytes", "/data"): 300,
        ("host_disk_inodes", "/data"): 50,
        ("host_disk_inodes_free", "/data"): 20,
        ("host_process_up", "communicatord"): 0,
        ("host_process_up", "canaryd"): 1,
        ("host_process_up", "exporter"): 1,
        ("host_process_cpu_seconds_total", "exporter"): 2.5,
        ("host_process_resident_memory_bytes", "exporter"): 4096,
        ("host_process_open_fds", "exporter"): 12,
        ("host_process_threads", "exporter"): 3,
        ("host_process_start_time_seconds", "exporter"): 1.8e9,
    }


def test_what_is_not_known_is_absent():
    assert samples(HostReport()) == {}
