"""Rows of numbers: adding, removing, reading many, and packing."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clew.graph.adjacency import Adjacency


def filled(rows: dict[int, list[int]]) -> Adjacency:
    adjacency = Adjacency()
    for row, numbers in rows.items():
        for number in numbers:
            adjacency.add(row, number)
    return adjacency


def test_a_row_holds_what_was_added_to_it_beyond_any_room() -> None:
    adjacency = filled({3: list(range(100)), 0: [7], 500: [1, 2]})
    assert sorted(adjacency.of(3).tolist()) == list(range(100))
    assert adjacency.of(0).tolist() == [7]
    assert sorted(adjacency.of(500).tolist()) == [1, 2]


def test_a_row_that_is_not_known_is_empty() -> None:
    adjacency = filled({2: [1]})
    assert adjacency.of(1).tolist() == []
    assert adjacency.of(10**6).tolist() == []
    assert Adjacency().of(0).tolist() == []


@given(st.lists(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 9)), max_size=200), max_size=4))
def test_adding_many_at_once_is_adding_each(portions: list[list[tuple[int, int]]]) -> None:
    at_once, one_by_one = Adjacency(), Adjacency()
    for portion in portions:
        pairs = np.array(portion, np.uint32).reshape(-1, 2)
        at_once.add_all(pairs[:, 0], pairs[:, 1])
        for row, number in portion:
            one_by_one.add(row, number)
        one_by_one.remove(7, 3)
        at_once.remove(7, 3)
        assert [sorted(at_once.of(row)) for row in range(91)] == [sorted(one_by_one.of(row)) for row in range(91)]
        rooms = at_once.rows[:, 2]
        assert (at_once.rows[:, 1] <= rooms).all()
        taken = sorted((start, start + room) for start, _, room in at_once.rows.tolist() if room)
        assert all(end <= start for (_, end), (start, _) in pairwise(taken)), "rows share no slots"


def test_removing_says_whether_the_number_was_there() -> None:
    adjacency = filled({1: [5, 6, 7]})
    assert adjacency.remove(1, 5)
    assert not adjacency.remove(1, 5)
    assert not adjacency.remove(900, 5)
    assert sorted(adjacency.of(1).tolist()) == [6, 7]


def test_removing_takes_one_of_equal_numbers() -> None:
    adjacency = filled({1: [5, 5]})
    adjacency.remove(1, 5)
    assert adjacency.of(1).tolist() == [5]


def test_gather_reads_rows_one_after_the_other_and_passes_over_unknown_ones() -> None:
    adjacency = filled({1: [10], 2: [], 3: [30, 31], 4: [40]})
    assert adjacency.gather(np.array([3, 900, -1, 2, 1])).tolist() == [30, 31, 10]
    assert adjacency.gather(np.array([], np.int64)).tolist() == []
    assert Adjacency().gather(np.array([0, 1])).tolist() == []


def test_packing_closes_the_gaps_and_keeps_the_rows() -> None:
    adjacency = filled({1: list(range(9)), 2: list(range(50, 99))})
    packed = adjacency.packed()
    assert len(packed.arrays()["slots"]) == 9 + 49 < len(adjacency.arrays()["slots"])
    assert sorted(packed.of(1).tolist()) == list(range(9))
    assert sorted(packed.of(2).tolist()) == list(range(50, 99))


def test_packing_renumbers() -> None:
    packed = filled({1: [0, 2], 4: [1]}).packed(np.array([20, 21, 22]))
    assert (sorted(packed.of(1).tolist()), packed.of(4).tolist()) == ([20, 22], [21])


def test_packing_an_empty_one_leaves_it_empty() -> None:
    emptied = filled({5: [1]})
    emptied.remove(5, 1)
    assert len(emptied.packed().arrays()["rows"]) == 0
    assert len(Adjacency().packed().arrays()["slots"]) == 0


@given(
    st.lists(st.tuples(st.sampled_from(["add", "add", "remove", "pack"]), st.integers(0, 5), st.integers(0, 3))),
)
def test_it_behaves_like_a_bag_for_each_row(steps: list[tuple[str, int, int]]) -> None:
    adjacency, bags = Adjacency(), defaultdict[int, Counter[int]](Counter)
    for step, row, number in steps:
        if step == "add":
            adjacency.add(row, number)
            bags[row][number] += 1
        elif step == "remove":
            assert adjacency.remove(row, number) == (bags[row][number] > 0)
            bags[row][number] -= bags[row][number] > 0
        else:
            adjacency = Adjacency(adjacency.packed().arrays())
    for row in range(6):
        assert Counter(adjacency.of(row).tolist()) == +bags[row]
    rows, numbers = adjacency.entries()
    entries = zip(rows.tolist(), numbers.tolist(), strict=True)
    assert Counter(entries) == Counter({(row, number): n for row in bags for number, n in (+bags[row]).items()})
    built = Adjacency.build(rows, numbers)
    assert all(Counter(built.of(row).tolist()) == +bags[row] for row in range(6))
