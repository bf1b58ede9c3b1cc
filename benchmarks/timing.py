"""Times several variants in turns, so that other load on the machine affects them alike."""

import statistics
import time
from collections.abc import Callable, Mapping

Variants = Mapping[str, Callable[[], object]]


def in_turns(variants: Variants, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each call, by variant.

    A round runs each once; the order turns round every time.
    """
    times: dict[str, list[float]] = {name: [] for name in variants}
    order = list(variants)
    for number in range(rounds):
        for name in order if number % 2 else reversed(order):
            started = time.perf_counter()
            variants[name]()
            times[name].append((time.perf_counter() - started) * 1000)
    return times


def ratio(
    times: Mapping[str, list[float]], of: str, to: str, goal: float | None = None
) -> dict[str, object]:
    """The median of `of` ÷ the median of `to`, with the goal and the raw times.

    Where the ratio of the lower quartiles is far from it, something else was at work on the
    machine.
    """
    medians = {name: statistics.median(times[name]) for name in (of, to)}
    quartiles = {name: sorted(times[name])[len(times[name]) // 4] for name in (of, to)}
    return {
        "ratio": round(medians[of] / medians[to], 3),
        "ratio_of_lower_quartiles": round(quartiles[of] / quartiles[to], 3),
        **({"goal_at_most": goal} if goal else {}),
        "median_ms": {name: round(median, 3) for name, median in medians.items()},
        "raw_ms": {name: [round(value, 3) for value in times[name]] for name in (of, to)},
    }
