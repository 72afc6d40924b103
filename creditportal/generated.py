"""`make docs`: the pages that are written from the code."""

import os
import subprocess
import sys

from creditportal.checks import PROJECT, SERVER
from ml.contract import available_products, load_contract
from ml.dictionary import as_markdown
from ml.features import dictionary, load_specification


def main() -> int:
    folder = PROJECT / "docs"
    pages = [as_markdown(load_contract(product)) for product in available_products()]
    (folder / "data-dictionary.md").write_text("\n".join(pages), encoding="utf-8")
    schema = [sys.executable, "manage.py", "spectacular", "--file", str(folder / "openapi.yaml"), "--validate"]
    print(f"wrote {folder / 'data-dictionary.md'}")
    for product in available_products():
        page = folder / "feature-dictionary" / f"{product}.md"
        page.write_text(dictionary.as_markdown(load_specification(product), load_contract(product)), encoding="utf-8")
        print(f"wrote {page}")
    status = subprocess.run(schema, cwd=PROJECT, env=os.environ | SERVER, check=False).returncode  # noqa: S603
    if not status:
        print(f"wrote {folder / 'openapi.yaml'}")
    return status


if __name__ == "__main__":
    sys.exit(main())
