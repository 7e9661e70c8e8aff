"""What is shown beside a whole never gives, by subtraction, what few people did."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.reciprocity.models.few import FEW, Tally, add_up, tell

tallies = st.builds(Tally, st.integers(0, 900), st.integers(0, 12))
names = st.none() | st.sampled_from("abcdefgh")


@given(st.dictionaries(names, tallies, max_size=6))
def test_neither_a_part_nor_what_is_left_of_the_whole_rests_on_few(
    parts: dict[str | None, Tally],
) -> None:
    whole = add_up(parts.values()).told(for_team=False)
    shown = [part for name, part in tell(parts, for_team=False).items() if name and part]
    assert not any(part.is_few for part in shown)
    if whole:
        told = add_up(shown)
        left = Tally(whole.minutes - told.minutes, whole.people - told.people)
        assert not left.is_few
    assert tell(parts, for_team=True) == parts


def test_zero_is_told_and_a_group_alone_is_nobody() -> None:
    assert tell({"a": Tally(), "b": Tally(60, FEW)}, for_team=False) == {
        "a": Tally(),
        "b": Tally(60, FEW),
    }
    assert Tally(60, 0).told(for_team=False) is None
    assert Tally(60, 0).told(for_team=True) == Tally(60, 0)


def test_the_next_smallest_hides_with_the_few() -> None:
    parts = {"a": Tally(20, 1), "b": Tally(60, 5), "c": Tally(90, 9)}
    assert tell(parts, for_team=False) == {"a": None, "b": None, "c": Tally(90, 9)}
    parts = {None: Tally(90, 9), "a": Tally(20, 1), "b": Tally(60, 5)}
    assert tell(parts, for_team=False)["b"] == Tally(60, 5)
