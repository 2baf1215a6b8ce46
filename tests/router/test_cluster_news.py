"""What was said of the cluster: whoever believes something else than what holds in the end is told."""

from string import ascii_uppercase

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from communicator.router.cores.cluster_news import ClusterNews
from tests.router.test_cluster_status import ALL_WORDS, LISTENER, OTHERS, come

UP, DOWN, HALF = {"status": "up"}, {"status": "down"}, {"status": "half"}


def test_the_first_word_is_news_to_nobody():
    assert ClusterNews().settle(UP) == []


def test_a_change_is_news_to_all():
    news = ClusterNews(UP)
    assert news.settle(DOWN) == [UP]
    assert news.settle(DOWN) == []


def test_an_answer_that_did_not_last_is_corrected_once():
    news = ClusterNews(DOWN)
    news.answer(UP)
    news.answer(UP)
    assert news.settle(DOWN) == [UP]
    assert news.settle(DOWN) == []


def test_an_answer_that_lasted_is_news_to_the_others():
    news = ClusterNews(DOWN)
    news.answer(UP)
    assert news.settle(UP) == [DOWN]


def test_an_answer_before_the_first_word_counts_too():
    news = ClusterNews()
    news.answer(DOWN)
    assert news.settle(UP) == [DOWN]


@given(st.lists(st.sampled_from([UP, DOWN, HALF]), max_size=8), st.sampled_from([UP, DOWN, HALF]))
def test_whoever_is_wrong_makes_it_news(answers, state):
    news = ClusterNews(DOWN)
    for one in answers:
        news.answer(one)
    assert bool(news.settle(state)) == any(one != state for one in (DOWN, *answers))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # it makes a new router for each
@example(steps=["come", "look", "go", "look", "come", "ask", "go"])
@given(steps=st.lists(st.sampled_from(["come", "go", "ask", "look"]), max_size=20))
def test_in_the_end_all_know_how_it_is(mesh, steps):
    """Whatever happens, and whenever they ask: what a listener has heard last is what holds."""
    book = mesh(*OTHERS).play(LISTENER.format(words=ALL_WORDS))
    up = []
    for number, step in enumerate([*steps, "look"]):
        if step == "come" and len(up) < len(OTHERS):
            link, address = ascii_uppercase[number], next(one for one in OTHERS if one not in [told for _, told in up])
            book.run(come(link, f"s{address[7]}", address))
            up.append((link, address))
        elif step == "go" and up:
            book.run(f"{up.pop(0)[0]} x")
        elif step == "ask":
            book.run("W > CLUSTER_GET_STATUS")
        elif step == "look":
            book.run("@ 0.3")
    heard = [message for message in book.heard[book.links["W"]] if message.command == "CLUSTER_CURRENT_STATUS"]
    assert int(heard[-1].get("live_count") if heard else 1) == 1 + len(up)
