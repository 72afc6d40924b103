"""`make run` and `make stop`."""

import os
import signal
from pathlib import Path

from creditportal.embedded.errors import StartError
from creditportal.embedded.layout import Layout, data_folder
from creditportal.embedded.processes import Register, wait_gone
from creditportal.serve.lock import SupervisorLock
from creditportal.serve.orphans import orphans_end
from creditportal.serve.portal import Portal
from creditportal.serve.preflight import data_folder_check, port_check, port_number
from creditportal.serve.progress import Progress
from creditportal.serve.signals import Stopped, deafen, listen

STOP_SECONDS = 120


def run() -> int:
    progress = Progress()
    try:
        layout, host, port = Layout(data_folder()), os.environ.get("HOST", "127.0.0.1"), port_number()
        warning = data_folder_check(layout.root)
        lock = SupervisorLock(layout)
        lock.take(_address(host, port))
    except StartError as error:
        progress.problem(f"Cannot start: {error}")
        return 1
    if warning:
        progress(f"warning: {warning}")
    try:
        return _run(layout, progress, host, port)
    finally:
        lock.release()


def _run(layout: Layout, progress: Progress, host: str, port: int) -> int:
    portal = Portal(layout, progress, _address(host, port))
    listen(portal)
    status = 0
    try:
        orphans_end(layout, portal.register, progress)
        port_check(host, port)
        portal.start()
        _welcome(layout, progress, portal.url)
        portal.watch()
    except StartError as error:
        progress.problem(str(error))
        status = 1
    except Stopped:
        progress("stopping")
    finally:
        deafen(portal)
        portal.stop()
        progress("stopped; the data is kept")
    return status


def stop() -> int:
    """End the portal that runs from this data folder, and whatever a crash left behind."""
    progress, layout = Progress(), Layout(data_folder())
    if not layout.run.exists():
        progress("the portal does not run")
        return 0
    holder = SupervisorLock(layout).holder()
    if holder is None:
        left = orphans_end(layout, Register(layout.run / "processes.json"), progress)
        progress(f"ended {left} processes left by a crash" if left else "the portal does not run")
        return 0
    holder.send_signal(signal.SIGTERM)
    progress(f"asked process {holder.pid} to stop")
    if not wait_gone(holder, STOP_SECONDS):
        progress.problem(f"Process {holder.pid} has not stopped after {STOP_SECONDS} s; see {layout.logs}.")
        return 1
    progress("stopped; the data is kept")
    return 0


def _address(host: str, port: int) -> str:
    everywhere = host in ("0.0.0.0", "::", "")  # noqa: S104  compared, not bound
    shown = "127.0.0.1" if everywhere else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def _welcome(layout: Layout, progress: Progress, url: str) -> None:
    progress(f"the portal is ready: {url}")
    credentials: Path = layout.root / "demo.json"
    print(f"\n  Address              {url}")
    if credentials.exists():
        print(f"  Names and passwords  {credentials}")
    print(f"  Logs                 {layout.logs}")
    print("  Stop                 Ctrl-C here, or `make stop` in another shell\n", flush=True)
