import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

Item = TypeVar("Item")


def show(what: str, act: Callable[[], object], runs: int = 50) -> None:
    """Median and 95th percentile of ``act`` in milliseconds, after three runs that do not count."""
    for _i in range(3):
        act()
    times = sorted(_timed(act) for _i in range(runs))
    p95 = times[int(0.95 * (runs - 1))]
    print(f"{what:<44} {statistics.median(times):>6.2f} ms {p95:>6.2f} ms {runs:>6}", flush=True)


def show_each(what: str, act: Callable[[Item], object], items: Sequence[Item]) -> None:
    """Median and 99th percentile of ``act`` over different ``items``, in milliseconds."""
    for item in items[:20]:
        act(item)
    times = sorted(_timed(partial(act, item)) for item in items)
    p50, p99 = statistics.median(times), times[int(0.99 * (len(times) - 1))]
    print(f"{what:<44} {p50:>6.2f} ms {p99:>6.2f} ms {len(times):>6} (p50, p99)", flush=True)


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)
