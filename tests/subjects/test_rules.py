import pytest

from academics_app.core.errors import Conflict
from academics_app.subjects import rules


@pytest.mark.parametrize(
    ("topic_id", "position", "expected"),
    [
        (1, 1, [1, 2, 3]),
        (1, 3, [2, 3, 1]),
        (3, 1, [3, 1, 2]),
        (2, 99, [1, 3, 2]),
        (9, 2, [1, 9, 2, 3]),
        (9, 99, [1, 2, 3, 9]),
    ],
)
def test_a_topic_takes_its_position(topic_id: int, position: int, expected: list[int]):
    assert rules.moved([1, 2, 3], topic_id, position) == expected


@pytest.mark.parametrize("wanted", [[], [1, 2], [1, 2, 2], [1, 2, 4], [1, 2, 3, 3]])
def test_an_order_of_other_topics_is_refused(wanted: list[int]):
    with pytest.raises(Conflict):
        rules.check_order(wanted, [1, 2, 3])


def test_an_order_of_the_same_topics_is_not():
    rules.check_order([3, 1, 2], [1, 2, 3])
    rules.check_order([], [])


def test_the_refusal_to_delete_says_what_for():
    rules.check_unused({})
    with pytest.raises(Conflict, match="1 session and 2 progress records"):
        rules.check_unused({"learning_session": 1, "topic_progress": 2})
    with pytest.raises(Conflict, match="3 other records"):
        rules.check_unused({"a_new_table": 3})
