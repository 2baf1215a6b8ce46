import pytest

from benchmarks.attack import reason_of


@pytest.mark.parametrize(
    ("answer", "elapsed_s", "reason"),
    [
        (b"", 0.2, "closed without a word, at once"),
        (b"", 10.1, "closed without a word, after 10 s"),
        (b"REFUSE message=wrong username or password\n", 0.2, "wrong username or password"),
        (b'INVALID command=REGISTER;message="try again; in 17 s"\n', 0.2, "try again; in N s"),
        (b"READY\n", 0.2, r"told b'READY\n'"),
    ],
)
def test_each_attempt_is_counted_by_what_it_was_told(answer, elapsed_s, reason):
    assert reason_of(answer, elapsed_s) == reason
