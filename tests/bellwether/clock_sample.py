"""What `bellwether clock` is told of six hosts, in the words of a real timekeeper: only what was measured is made up."""

from communicator.answers.clocks import ClockReport
from communicator.answers.reading import read_answer
from tests.timekeeper.cluster.words import pair, row
from timekeeper.cluster.rows import Rows
from timekeeper.cluster_report import answer_solution, describe_solution
from timekeeper.discipline import Discipline, Leap, NoAnswer, Reference, Upstream, UpstreamState
from timekeeper.evidence import Evidence
from timekeeper.report import About, describe_local
from timekeeper.solution import Electors, Patience, Thresholds
from timekeeper.solver import Solver
from timekeeper.time_daemons import TimeDaemons
from timekeeper.verdict import judge

REFUSED = NoAnswer("adjtimex failed")
NOW_S = 2.5


def _discipline(daemon, server, bound_s, leap=Leap.NORMAL):
    return Discipline(
        daemon=daemon,
        leap=leap,
        stratum=3,
        reference=Reference.OUTSIDE,
        offset_s=0.0,
        root_delay_s=0.0,
        root_dispersion_s=bound_s,
        update_interval_s=64.0,
        updated_wall_ns=1,
        upstreams=(Upstream(server, UpstreamState.SELECTED, reachable=True),),
    )


def _word(host, *pairs, word, age_s=10.0, is_running=True):
    """The row of a host whose daemon said this, and runs or not any more."""
    running = frozenset({word.daemon} if is_running else ())
    answer = word if is_running else NoAnswer("nothing listens")
    daemons = TimeDaemons(running, running)
    evidence = Evidence(answer=answer, last_answer=word, age_s=age_s, kernel=REFUSED, daemons=daemons)
    about = About(server=host, boot_id="boot", life="life", seq=1, role="solver")
    return describe_local(judge(evidence), evidence, about, pairs)


def sample_report():
    """The report, as the command reads it."""
    alpha = _word(
        "alpha",
        pair("beta", -0.000014),
        pair("gamma", 0.0042, via="router", bound_seconds=0.0012),
        pair("delta", -0.0401),
        word=_discipline("chronyd", "192.0.2.1", 0.0016),
    )
    beta = _word(
        "beta", pair("delta", -0.0401), word=_discipline("ntpd", "192.0.2.2", 0.0016), age_s=200.0, is_running=False
    )
    epsilon = _word(
        "epsilon", pair("alpha", 0.000008), pair("delta", -0.040093), word=_discipline("chronyd", "192.0.2.5", 0.0012)
    )
    gamma = _word("gamma", word=_discipline("chronyd", "192.0.2.3", 1.0, Leap.UNSYNCHRONIZED))
    delta = _word(
        "delta",
        *(pair(other, 0.0401) for other in ("alpha", "beta", "epsilon")),
        word=_discipline("chronyd", "192.0.2.4", 0.0015),
    )
    rows = Rows()
    for word in (beta, gamma, delta, epsilon):
        assert rows.hear(row(word), 0.0) == ""
    solver = Solver(Thresholds(), Patience(bursts=1, grace_s=0.0))
    counting = frozenset({"alpha", "beta", "gamma", "delta", "epsilon"})
    electors = Electors(counting, len(counting), not_watched=frozenset({"omega"}))
    judgement = solver.judge(alpha, rows, electors, NOW_S)
    report = describe_solution(
        alpha,
        judgement,
        claims={**rows.said(), "alpha": alpha.claim},
        unanswered=("omega",),
        thresholds=solver.thresholds,
        references={},
        age_s=4.0,
    )
    return read_answer(answer_solution(report).get("report"), ClockReport)
