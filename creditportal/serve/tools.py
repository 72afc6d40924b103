"""Commands that need the servers of this installation, whether or not the portal runs at the moment."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from creditportal.embedded.errors import StartError
from creditportal.embedded.layout import Layout, data_folder
from creditportal.serve import commands
from creditportal.serve.lock import SupervisorLock
from creditportal.serve.orphans import orphans_end
from creditportal.serve.portal import Portal
from creditportal.serve.preflight import data_folder_check
from creditportal.serve.progress import Progress
from creditportal.serve.signals import Stopped, deafen, listen


def with_servers(command: list[str]) -> int:
    return guarded(lambda portal: portal.run_to_end(command, shown=True))


def train(data: str, product: str | None = None) -> int:
    """Train on the folder DATA or what comes with the product, then make the new bundle known to the portal."""
    source = Path(data).absolute() if data else None
    if source and not source.exists():
        Progress().problem(f"There is no {source}: say which folder holds the tables, make train DATA=path")
        return 2
    chosen = (["--data", str(source)] if source else []) + (["--product", product] if product else [])
    return guarded(lambda portal: _train(portal, chosen))


def _train(portal: Portal, chosen: list[str]) -> None:
    bundles = Path(os.environ.get("BUNDLE_DIR") or portal.layout.root / "bundles").absolute()
    keys = portal.layout.root / "keys"
    before = _folders(bundles)
    portal.environment.pop("OMP_NUM_THREADS", None)  # nothing forks here, so training may use every core
    command = [sys.executable, "-m", "ml.cli", "train", *chosen, "--out", str(bundles)]
    portal.run_to_end([*command, "--keys", str(keys)], shown=True)
    for bundle in sorted(_folders(bundles) - before):
        portal.run_to_end(commands.manage("model_register", str(bundle)), shown=True)


def _folders(parent: Path) -> set[Path]:
    return {path for path in parent.glob("*/") if not path.name.startswith(".")} if parent.exists() else set()


def guarded(act: Callable[[Portal], None], prepare: Callable[[Portal], None] = Portal.prepare) -> int:
    progress = Progress()
    try:
        with _portal(progress, prepare) as portal:
            act(portal)
    except StartError as error:
        progress.problem(str(error))
        return error.status
    except Stopped:
        return 130
    return 0


@contextmanager
def _portal(progress: Progress, prepare: Callable[[Portal], None]) -> Iterator[Portal]:
    """The running portal's servers, or the same ones started for the time of the block."""
    layout = Layout(data_folder())
    data_folder_check(layout.root)
    lock, portal = SupervisorLock(layout), Portal(layout, progress, "")
    listen(portal)
    if lock.holder() is not None:
        portal.environment = commands.THREADS | layout.environment() | dict(os.environ)
        portal.environment |= {"DATA_DIR": str(layout.root), "DJANGO_SETTINGS_MODULE": commands.SETTINGS}
        yield portal
        return
    lock.take("a command that uses its servers")
    try:
        orphans_end(layout, portal.register, progress)
        prepare(portal)
        yield portal
    finally:
        deafen(portal)
        portal.stop()
        lock.release()
