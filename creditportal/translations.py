"""Compile the translations that changed. Babel does it, so that no system gettext is needed."""

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

LOCALE = Path(__file__).resolve().parents[1] / "locale"


def compile_changed(folder: Path = LOCALE) -> list[Path]:
    changed = [path for path in sorted(folder.rglob("*.po")) if _is_newer(path)]
    for path in changed:
        with path.open("rb") as source:
            catalog = read_po(source, locale=path.parents[1].name, abort_invalid=True)
        partial = path.with_suffix(".mo.partial")
        with partial.open("wb") as target:
            write_mo(target, catalog)
        partial.replace(path.with_suffix(".mo"))
    return changed


def _is_newer(path: Path) -> bool:
    compiled = path.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < path.stat().st_mtime


def main() -> int:
    try:
        for path in compile_changed():
            print(f"compiled {path.relative_to(LOCALE.parent)}")
    except PoFileError as error:
        print(f"{error.catalog}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
