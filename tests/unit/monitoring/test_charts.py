from monitoring.charts import SPARK_BINS, SPARK_HEIGHT, SPARK_WIDTH, bins_figure, spark
from monitoring.wording import Bin

TWO = [Bin("low", 0.75, 0.25, 5), Bin("high", 0.25, 0.75, 15)]
MANY = [Bin(f"class {place}", 0.02, 0.02, 1) for place in range(50)]


def test_both_sides_are_named_and_drawn():
    figure = bins_figure(TWO, "Income")
    assert [trace["name"] for trace in figure["data"]] == ["Reference (training)", "Current"]
    assert figure["data"][1]["y"] == [0.25, 0.75]
    assert figure["layout"]["xaxis"]["title"]["text"] == "Income"


def test_many_classes_are_drawn_sideways_and_all_of_them():
    figure = bins_figure(MANY, "Sector")
    assert figure["data"][0]["orientation"] == "h"
    assert len(figure["data"][0]["y"]) == len(MANY)


def test_spark_stays_within_its_frame():
    for bins in (TWO, MANY):
        bars = spark(bins)
        assert len(bars) == min(len(bins), SPARK_BINS)
        assert all(0 <= bar.y_current <= SPARK_HEIGHT and bar.x_current + bar.width <= SPARK_WIDTH for bar in bars)
