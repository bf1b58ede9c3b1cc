"""The chart as numbers: all of it lies inside, every count is visible, a gap is no zero."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.access.evidence import Known
from secrets_ui.domain.usage.alarm import Alarm
from secrets_ui.domain.usage.usage import DAYS, ERRORS, Metric, Series
from secrets_ui.templatetags.chart import PLOT, chart_of, nice_top
from tests.domain.usage.test_usage import CALL, NOW, SPACE, TODAY, day, usage

counts = st.dictionaries(st.integers(0, DAYS - 1), st.integers(0, 10**12), max_size=DAYS)


@given(counts)
def test_every_day_is_a_bar_or_a_gap_inside_the_plot(ago: dict[int, int]) -> None:
    series = Series({TODAY - timedelta(days=back): count for back, count in ago.items()})
    panel = chart_of(usage({Metric(SPACE, ERRORS): series})).panels[2]
    assert len(panel.bars) == len(ago)
    assert len(panel.bars) + len(panel.gaps) == DAYS
    for bar in (*panel.bars, *panel.gaps):
        left, width = float(bar.x.rstrip("%")), float(bar.width.rstrip("%"))
        assert left >= 0
        assert left + width <= 100
        assert panel.ceiling <= bar.y
        assert bar.y + bar.height == pytest.approx(panel.floor, abs=0.11)
        assert bar.height >= 1


@given(st.integers(0, 10**15))
def test_the_top_is_a_round_number_not_far_above(most: int) -> None:
    top = nice_top(most)
    assert top >= most
    assert top <= max(1, most * 2.5)
    assert str(top).rstrip("0") in ("1", "2", "5")


def test_bars_are_as_high_as_their_counts() -> None:
    series = Series(day(0, 50) | day(1, 100))
    panel = chart_of(usage({Metric(SPACE, ERRORS): series})).panels[2]
    assert [bar.height for bar in panel.bars] == [PLOT, PLOT / 2]
    assert [bar.text for bar in panel.bars] == ["24 Nov: 100", "25 Nov: 50 so far"]
    assert [bar.is_open for bar in panel.bars] == [False, True]
    assert panel.gaps[-1].text == "23 Nov: no data"


def test_alarms_stand_worst_first_from_when_they_came_into_their_state() -> None:
    alarms = (
        Alarm("calm", "OK", NOW - timedelta(days=400)),
        Alarm("loud", "ALARM", NOW - timedelta(days=2)),
        Alarm("new", "INSUFFICIENT_DATA", None),
    )
    lanes = chart_of(usage(alarms=alarms)).lanes
    assert [(lane.name, lane.state) for lane in lanes] == [
        ("loud", "ALARM"),
        ("new", "INSUFFICIENT_DATA"),
        ("calm", "OK"),
    ]
    assert lanes[0].text == "loud: In alarm since 23 Nov"
    assert lanes[1].text == "new: Insufficient data since when is not known"
    assert lanes[2].x == "0.000%"
    assert float(lanes[0].x[:-1]) == pytest.approx(100 * (27 + 13.5 / 24) / 30, abs=0.01)


@given(st.lists(st.integers(-400, 400), max_size=9))
def test_lanes_lie_inside_and_the_rest_is_counted(ago: list[int]) -> None:
    alarms = tuple(Alarm(str(n), "OK", NOW - timedelta(days=days)) for n, days in enumerate(ago))
    chart = chart_of(replace(usage(), alarms=Known(alarms, CALL)))
    assert len(chart.lanes) + chart.more_alarms == len(alarms)
    for lane in chart.lanes:
        assert 0 <= float(lane.x[:-1]) <= float(lane.end[:-1]) + 0.001 <= 100
        assert lane.line_y < chart.axis_y


def test_the_axis_tells_weeks_back_from_today() -> None:
    ticks = chart_of(usage()).ticks
    assert [tick.text for tick in ticks] == ["28 Oct", "4 Nov", "11 Nov", "18 Nov", "today"]
    assert [tick.is_minor for tick in ticks] == [False, True, False, True, False]
