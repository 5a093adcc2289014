"""The fuzzer's own parts, without a run of it: `make fuzz` is that."""

from tests.fuzz.__main__ import Outcome, table


def test_the_table_adds_up() -> None:
    one = Outcome("nobody", 3, 1000, 1001, 0, 2.0, is_cut=False, told="")
    lines = table([one, Outcome("admin", 3, 500, 502, 2, 3.0, is_cut=True, told="")]).splitlines()
    assert lines[-1].split() == ["together", "1,500", "1,503", "2", "5"]
    assert lines[2].endswith("(out of time)")
