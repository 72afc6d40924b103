"""A chart is drawn from the same rows as its table, whatever the names are."""

import pytest

from common.panels import AIR, Column, Panel, Series, bars, number_column


def test_rows_of_one_name_keep_their_own_bars():
    figure = bars(["Camille Martin", "Camille Martin"], [Series("made", [3, 5])], "cases")
    assert figure["data"][0]["y"] == [0, 1]
    assert figure["data"][0]["x"] == [3, 5]
    assert figure["layout"]["yaxis"]["ticktext"] == ["Camille Martin" + AIR] * 2


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<b>Ana</b> & co", "&lt;b>Ana&lt;/b> &amp; co"),
        ("", ""),
        ("word " * 30, "word word word word word<br>word word word word word …"),
    ],
)
def test_names_are_no_markup_and_have_two_lines_at_most(name: str, shown: str):
    label = bars([name], [Series("made", [1])], "cases")["layout"]["yaxis"]["ticktext"][0].replace(AIR, "")
    assert label.startswith(shown)
    assert label.count("<br>") <= 1
    assert "<b>" not in label


@pytest.mark.parametrize(("values", "marks"), [([1], 2), ([3], 4), ([100], 6), ([0], 1)])
def test_counts_have_no_two_marks_with_one_number(values: list[int], marks: int):
    assert bars(["one"], [Series("made", values)], "cases")["layout"]["xaxis"]["nticks"] == marks


def test_series_are_told_apart_in_a_legend_only_when_there_are_several():
    one, two = Series("made", [1]), Series("lost", [2], pattern="/")
    assert bars(["a"], [one], "cases")["layout"]["showlegend"] is False
    figure = bars(["a"], [one, two], "cases", side_by_side=True)
    assert (figure["layout"]["showlegend"], figure["layout"]["barmode"]) == (True, "group")


def test_a_row_has_a_cell_for_each_column():
    panel = Panel("key", "Heading", "Finding.", [Column("Who"), number_column("Made")], [["Ana", "3"]])
    assert [[(column.is_number, cell) for column, cell in line] for line in panel.lines] == [
        [(False, "Ana"), (True, "3")]
    ]
    with pytest.raises(ValueError, match="longer"):
        _ = Panel("key", "Heading", "Finding.", [Column("Who")], [["Ana", "3"]]).lines
