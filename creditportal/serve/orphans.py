"""What a killed supervisor left behind is ended in order before anything new starts. Strangers are never touched."""

import signal
from collections.abc import Callable

from creditportal.embedded.layout import Layout
from creditportal.embedded.processes import Register, marked, stop
from creditportal.embedded.servers import GRACE, HOW

# those who use the servers go before the servers
ORDER = ("beat", "web", "worker", "deliveries", "valkey", "postgres")


def orphans_end(layout: Layout, register: Register, tell: Callable[[str], None]) -> int:
    found = {entry.name: entry.find() for entry in register.records()}
    count = 0
    for name in [*(name for name in found if name not in ORDER), *ORDER]:
        process = found.get(name)
        if process:
            tell(f"ending {name} left from last time (process {process.pid})")
            stop(process, how=HOW.get(name, signal.SIGTERM), grace=GRACE.get(name, 10.0))
            count += 1
        register.remove(name)
    for process in list(marked(layout.secrets()["INSTANCE"])):
        stop(process, how=signal.SIGTERM, grace=5.0)
        count += 1
    return count
