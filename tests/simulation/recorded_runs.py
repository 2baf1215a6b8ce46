"""The runs behind the recordings: which sections belong to one run, how it was set up, and what the files leave out."""

from tests.simulation.recording import SECTIONS, Entry
from tests.simulation.replay import Run

ABC = {"a": 0.0, "b": 1.22, "c": 2.25}
ACB = {"a": 0.0, "c": 1.3, "b": 2.6}
CHAIN = {"edges": ("ab", "bc"), "neighbors": {"a": "b", "b": "ac", "c": "b"}}
SERVICES = {"s_a": "a", "s_b": "b", "s_c": "c"}
TWO = SERVICES | {"two": "bc"}
TWO_FILES = {"s_a": "a", "s_b": "b", "s_c": "c", "two": "bc", "idle": "c"}
FORMS = ("", "*:", "?:", ".:")


def client(time_s, name, host, text, section=""):
    """Something that a client wrote, and the file does not show; what came of it is in `section`. No text: it is gone."""
    what = text.encode() + b"\n" if text else b""
    return Entry(time_s, "client writes", who=host, client=name, what=what, section=section)


def operator(time_s, what, section=""):
    """Something that was done to a router, and the file does not show."""
    return Entry(time_s, "operator", what=what, section=section)


def questions():
    """All that the clients of 04, and again of 05, say: one list for each run, its numbers n in order."""
    said, number = [], 0

    def ask(host, forms, service, command="PAYLOAD"):
        nonlocal number
        for form in forms:
            number += 1
            said.append((f"cli_{host}", host, f"{form}{service}/{command} n={number};transmission_report=failure"))

    for host, other in ("ab", "ac", "ba", "bc", "ca", "cb"):
        ask(host, (*FORMS, f"{other}:"), f"s_{other}")
        if host + other != "ba":
            said.append((f"s_{other}", other, f"{host}:cli_{host}/NOTIFY answer=1"))
            said.append((f"s_{other}", other, f"cli_{host}/NOTIFY answer=2"))
    for host in "abc":
        ask(host, FORMS, "two")
    for host, other in ("ac", "bc", "ca"):
        ask(host, (*FORMS, f"{other}:"), "nobody")
    return said


def idle_questions():
    """What the clients of 05 say after that."""
    lines = [(host, form) for host in "abc" for form in (*FORMS, "c:")]
    return [
        (f"cli_{host}", host, f"{form}idle/PAYLOAD n={number};transmission_report=failure")
        for number, (host, form) in enumerate(lines, 58)
    ]


def notices():
    """What the clients of 06, and of 03, say."""
    lines = [(host, to) for host in "abcd" for to in ".?*"]
    return [(f"s_{host}", host, f"{to}/NOTIFY n={number}") for number, (host, to) in enumerate(lines, 1)]


def after_return():
    """What the clients of 08 say when all routers are back."""
    others = {"a": "bc", "b": "ac", "c": "ab"}
    lines = [(host, to) for host in "abc" for to in ("*/NOTIFY", *(f"s_{other}/PAYLOAD" for other in others[host]))]
    return [(f"s_{host}", host, f"{to} n={number}") for number, (host, to) in enumerate(lines, 5)]


def left_out(script, *sections, until_s=None):
    """What of a script the recorded sections do not show, each right before what follows it there.

    Args:
        script: All that was said, in this order.
        sections: Those of the run.
        until_s: When the last of it was said; None where that is shown.
    """
    shown = {(entry.client, entry.what): entry for name in sections for entry in SECTIONS[name].entries}
    times = [
        shown[name, text.encode() + b"\n"].time_s if (name, text.encode() + b"\n") in shown else None
        for name, _, text in script
    ]
    found, next_s = [], until_s
    for (name, host, text), time_s in zip(reversed(script), reversed(times), strict=True):
        if time_s is not None:
            next_s = time_s
        elif next_s is not None:
            next_s -= 0.001
            found.append(client(next_s, name, host, text))
    return tuple(found)


def linking(name, hosts, **said):
    """A section that is a whole run, and shows how routers link up."""
    return Run((name,), hosts, **said)


def lost(name):
    """A section of 07: one of three routers ends."""
    slow = {"07/1": {"ca": 0.002}, "07/7": {"ba": 1e-7}}.get(name, {})
    return Run((name,), starts=ABC, watchers_after_s=1.0, second_s=0.768 if name == "07/4" else None, slow=slow)


def away(gone, *sections):
    """Two sections of 08: a router is killed, and comes back."""
    ends = operator(16.8, f"router {gone}: kill -9"), operator(23.2, f"router {gone} starts")
    return Run(sections, starts=ABC, services=SERVICES, left_out=(*ends, *left_out(after_return(), *sections)))


FILES_X = {"svc_a": "a", "svc_b": "b", "svc_c": "c", "svc_d": "d"}
SERVICES_4 = SERVICES | {"s_d": "d"}
RESTARTED = {"hosts": "abcd", "saved": dict.fromkeys("abcd", "abcd"), "services": SERVICES_4}
WATCH_10 = "HELP,QUITTING,READY,STOP,UNKNOWN,STATUS,PAYLOAD,TRANSMISSION_REPORT,SERVICE_UNAVAILABLE"
WAYS_04 = ("04/1", "04/2", "04/3", "04/4", "04/5", "04/6", "04/9")
DUO = (
    client(9.156, "cli_c", "c", "duo/PAYLOAD k=1", "04/5+"),
    client(9.7, "cli_c", "c", "*:duo/PAYLOAD k=1"),
    client(10.3, "cli_c", "c", "?:duo/PAYLOAD k=1"),
    client(10.858, "cli_b", "b", "trio/PAYLOAD k=2", "04/5+"),
    client(11.4, "cli_b", "b", "*:trio/PAYLOAD k=2"),
    client(12.0, "cli_b", "b", "?:trio/PAYLOAD k=2"),
    client(13.561, "tri", "b", "REGISTER service=tri;version=1", "05/4+"),
)
SVC_10 = (
    client(16.3, "svc", "b", "REGISTER service=svc;version=1"),
    client(18.9, "watch_a", "a", "b:communicatord/SERVICE_STATUS service=svc"),
    client(20.3, "svc", "b", "UNREGISTER service=svc"),
    client(26.9, "svc", "b", ""),
)
LOADS_11 = (
    ((1.587, "a", 3.295), (2.576, "b", 3.295), (4.503, "c", 3.39), (5.5, "a", 3.39), (9.498, "c", 3.28)),
    (
        (19.498, "c", 3.435),
        (19.578, "b", 3.435),
        (20.041, "a", 3.435),
    ),
)
"""Whose load was measured; at 5.5 s it had changed by less than what is told."""

RUNS = {
    "01/1": linking("01/1", "ab", watchers_after_s=0.02),
    "01/2": linking("01/2", "ab", watchers_after_s=0.02),
    "01/3": linking("01/3", "ab", watchers_after_s=0.02, files=FILES_X),
    "01/4": linking("01/4", "ab", watchers_after_s=0.02, files=FILES_X),
    "02/1": linking("02/1", "abc", watchers_after_s=0.1, second_s=0.89),
    "02/2": linking("02/2", "abc", watchers_after_s=0.1),
    "02/3": linking("02/3", "abc", files=FILES_X, second_s=0.84),
    "02/4": linking("02/4", "abc", files=FILES_X, second_s=0.16),
    "02/5": linking("02/5", "abc", files=FILES_X),
    "02/6": linking("02/6", "abc", files=FILES_X, second_s=0.43),
    "03/1": linking("03/1", "abcd", files=FILES_X, second_s=0.65),
    "03/2": linking("03/2", "abcd", files=FILES_X),
    "03/3": Run(
        ("03/3",),
        "abcd",
        starts={"a": 0.0, "b": 0.8, "c": 1.6, "d": 2.4},
        files=FILES_X,
        services=SERVICES_4,
        left_out=left_out(notices(), "03/3"),
    ),
    "03/4": Run(("03/4",), second_s=0.81, left_out=left_out(notices(), "03/4"), **RESTARTED),
    "03/5": Run(("03/5",), second_s=0.22, left_out=left_out(notices(), "03/5"), slow={"cb": 0.003}, **RESTARTED),
    "04": Run(WAYS_04, starts=ABC, services=TWO, left_out=left_out(questions(), *WAYS_04)),
    "04/5+": Run(
        ("04/5+", "05/4+"),
        starts=ABC,
        services={"duo": "ab", "trio": "ac", "tri": "a"},
        files={"tri": "ab"},
        left_out=DUO,
    ),
    "04/7": Run(("04/7",), starts=ACB, services=TWO, left_out=left_out(questions(), "04/7")),
    "04/8": Run(("04/8",), starts=ACB, services=TWO, left_out=left_out(questions(), "04/8")),
    "05": Run(
        ("05/1", "05/2", "05/3", "05/4"),
        services=TWO,
        files=TWO_FILES,
        second_s=0.395,
        left_out=(
            *left_out(questions() + idle_questions(), "05/2", "05/3", until_s=63.0),
            client(63.18, "idle", "c", "REGISTER service=idle;version=1", "05/4"),
        ),
    ),
    "05/5": linking("05/5", "abc", **CHAIN),
    "05/6": Run(("05/6", "05/7"), starts=ABC, services=TWO, left_out=left_out(questions(), "05/6", "05/7"), **CHAIN),
    "05/8": Run(
        ("05/8",),
        starts=ABC,
        services=TWO,
        files=TWO_FILES,
        left_out=left_out(questions() + idle_questions(), "05/8"),
        **CHAIN,
    ),
    "06": Run(
        ("06/1", "06/2", "06/5", "06/6"),
        starts=ABC,
        services=SERVICES | {"deaf": ""},
        left_out=left_out(notices()[:9], "06/1"),
    ),
    "06/3": Run(("06/3",), starts=ACB, services=SERVICES, left_out=left_out(notices()[:9], "06/3")),
    "06/4": Run(("06/4",), starts=ABC, services=SERVICES, left_out=left_out(notices()[:9], "06/4"), **CHAIN),
    "06/7": Run(("06/7",), "abcd", starts=ABC, services=SERVICES, raw="06/7"),
    **{f"07/{number}": lost(f"07/{number}") for number in range(1, 8)},
    "08/1": away("a", "08/1", "08/4"),
    "08/2": away("b", "08/2", "08/5"),
    "08/3": away("c", "08/3", "08/6"),
    "09": Run(
        ("09/1", "09/2", "09/3", "01/5", "09/4"),
        "abcd",
        starts=ABC,
        watchers_after_s=0.2,
        second_s=0.775,
        neighbors={"d": "ab"},
        left_out=(operator(24.0, "router d: kill -9"),),
        raw="01/5",
    ),
    "10/1": Run(
        ("10/1",),
        starts=ABC,
        files={"svc": "b"},
        watchers_after_s=1.0,
        watch=WATCH_10,
        left_out=(client(26.769, "svc", "b", "", "10/1"),),
    ),
    "11": Run(
        ("11/1", "11/2", "11/3"),
        plugins=True,
        second_s=0.3,
        skipped_s=(3.1, 3.3),
        left_out=tuple(
            operator(time_s, f"the load of {host} is {load}", section)
            for section, loads in zip(("11/1", "11/3"), LOADS_11, strict=True)
            for time_s, host, load in loads
        ),
    ),
    "10/2": Run(("10/2",), starts=ABC, watchers_after_s=1.0, watch=WATCH_10, left_out=SVC_10),
}
"""By name: all that is replayed."""

NOT_REPLAYED = {"11/4": "UNREGISTER_FROM_LOADAVG ends the C++ router: there a leaf raises, see test_leaf.py"}
