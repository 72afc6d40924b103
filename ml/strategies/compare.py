"""Compare strategies on the same folds: ``python -m ml.strategies.compare --data FOLDER``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ml.errors import MlError, TrainingError
from ml.progress import progress_lines
from ml.strategies.catalogue import ACCEPT_EVERYONE, CHAMPION, catalogue
from ml.strategies.comparison import REPEATS, Comparison, compare
from ml.strategies.learning import Floats, Inputs, Sample
from ml.strategies.loading import add_data_options, home, load
from ml.strategies.page import comparison_page
from ml.strategies.points import PointsRow, fit_points
from ml.strategies.tracked import track_comparison
from ml.tuning import journal_path


def write_comparison(comparison: Comparison, points: Sequence[PointsRow], folder: Path) -> tuple[Path, Path]:
    """Write ``comparison.json`` (with the scorecard's points) and ``comparison.md``; returns both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {**comparison.as_dict(), "scorecard": [asdict(row) for row in points]}
    as_json, page = folder / "comparison.json", folder / "comparison.md"
    as_json.write_text(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    page.write_text(comparison_page(comparison, points), encoding="utf-8")
    return as_json, page


def scorecard_of(inputs: Inputs, is_default: Floats, seed: int) -> tuple[PointsRow, ...]:
    """The scorecard of all rows, for reading; nothing is judged by it. Empty where no feature separates."""
    try:
        return fit_points(Sample(inputs, is_default, seed)).rows()
    except TrainingError as error:
        if error.code != "no_characteristics":
            raise
        return ()


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare from the command line; returns 0, 1 after an error, 130 after an interruption."""
    options = _parser().parse_args(arguments)
    try:
        _compare(options)
        return 0
    except KeyboardInterrupt:
        print("interrupted: nothing was written.", file=sys.stderr)
        return 130
    except MlError as error:
        print(f"error ({error.code}): {error.message}", file=sys.stderr)
        return 1


def _compare(options: argparse.Namespace) -> None:
    report = progress_lines()
    loaded = load(options.product, options.data, rows=options.rows, progress=report)
    journal = options.journal or journal_path(options.product)
    strategies, left_out = catalogue(loaded, journal)
    if options.only:
        strategies = [each for each in strategies if each.name in {CHAMPION, ACCEPT_EVERYONE, *options.only}]
    comparison = compare(loaded, strategies, repeats=options.repeats, left_out=left_out, progress=report)
    points = scorecard_of(loaded.views["features"], loaded.data.is_default, loaded.config.seed)
    name = f"{comparison.product}-{comparison.data_sha256[:8]}-{comparison.code_version[:8]}"
    as_json, page = write_comparison(comparison, points, options.out / name)
    track_comparison(comparison, (as_json, page), options.tracking, report=report)
    if options.page:
        options.page.write_text(page.read_text(encoding="utf-8"), encoding="utf-8")
    print(page.read_text(encoding="utf-8"))
    print(f"figures: {as_json}\npage: {page}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.strategies.compare", description=__doc__)
    add_data_options(parser)
    parser.add_argument("--repeats", type=int, default=REPEATS, help="further shuffles of the folds")
    parser.add_argument("--only", nargs="*", help="these strategies beside the champion")
    parser.add_argument("--journal", type=Path, help="where the searches are kept")
    parser.add_argument("--out", type=Path, default=home() / "comparisons", help="folder of the figures")
    parser.add_argument("--tracking", type=Path, default=home() / "mlflow", help="folder of the MLflow store")
    parser.add_argument("--page", type=Path, help="write the page here as well")
    return parser


if __name__ == "__main__":
    sys.exit(main())
