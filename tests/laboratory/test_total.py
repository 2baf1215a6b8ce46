import json

from laboratory.total import add, total_of_commit


def test_numbers_are_added_up_and_words_stand_one_after_the_other(tmp_path):
    path = tmp_path / "there" / "total.json"
    add({"seeds": "0-9", "found": "", "clusters": 10, "minutes": 0.5}, path)
    add({"seeds": "20-29", "found": "23", "clusters": 10, "minutes": 0.2, "steps": 3}, path)
    assert json.loads(path.read_text()) == {
        "seeds": "0-9 20-29",
        "found": "23",
        "clusters": 20,
        "minutes": 0.7,
        "steps": 3,
    }


def test_each_player_has_a_total_of_its_own():
    laboratory, simulation = map(total_of_commit, ("laboratory", "simulation"))
    assert laboratory.name == simulation.name
    assert laboratory.parent != simulation.parent
