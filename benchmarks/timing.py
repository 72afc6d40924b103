import statistics
import time
from collections.abc import Callable


def show(what: str, act: Callable[[], object], runs: int = 50) -> None:
    """Median and 95th percentile of ``act`` in milliseconds, after three runs that do not count."""
    for _i in range(3):
        act()
    times = sorted(_timed(act) for _i in range(runs))
    p95 = times[int(0.95 * (runs - 1))]
    print(f"{what:<44} {statistics.median(times):>6.2f} ms {p95:>6.2f} ms {runs:>6}", flush=True)


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)
