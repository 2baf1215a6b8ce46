from communicator.runtime.settings_type import Settings, changed_keys


class Inner(Settings, frozen=True):
    number: int = 1


class Outer(Settings, frozen=True):
    name: str = "outer"
    inner: Inner = Inner()


def test_changes_are_named_by_path():
    assert changed_keys(Outer(), Outer()) == []
    assert changed_keys(Outer(), Outer(name="x", inner=Inner(number=2))) == ["name", "inner.number"]
