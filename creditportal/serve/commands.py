"""The command line of each process: the same on a laptop, in a container and under another supervisor."""

import importlib.util
import os
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

SETTINGS = "creditportal.settings.base"
WORKERS = {"worker": "celery", "deliveries": "deliveries"}  # by process, the name that Celery knows it by
DELIVERIES = WORKERS["deliveries"]
# LightGBM started with threads before a fork hangs in the child
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def web() -> list[str]:
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    command = [sys.executable, "-m", "gunicorn", "creditportal.wsgi:application", "--bind", bind]
    command += ["--workers", _number("WEB_WORKERS", 2), "--worker-class", "gthread"]
    command += ["--threads", _number("WEB_THREADS", 4), "--timeout", "60", "--graceful-timeout", "15"]
    command += ["--max-requests", "20000", "--max-requests-jitter", "2000", "--no-control-socket"]
    # a heartbeat file on a slow disk makes gunicorn kill healthy workers
    return command + (["--worker-tmp-dir", "/dev/shm"] if os.access("/dev/shm", os.W_OK) else [])  # noqa: S108


def worker() -> list[str]:
    command = [sys.executable, "-m", "celery", "--app", "creditportal.celery", "worker", "--pool", "prefork"]
    command += ["--concurrency", _number("WORKER_PROCESSES", 2), "--loglevel", "INFO"]
    return [*command, "--without-gossip", "--without-mingle", "--without-heartbeat"]


def deliveries() -> list[str]:
    """What waits for other systems: threads, because it computes nothing."""
    command = [sys.executable, "-m", "celery", "--app", "creditportal.celery", "worker", "--pool", "threads"]
    command += ["--queues", DELIVERIES, "--hostname", f"{DELIVERIES}@%h", "--loglevel", "INFO"]
    command += ["--concurrency", _number("DELIVERY_THREADS", 8)]
    return [*command, "--without-gossip", "--without-mingle", "--without-heartbeat"]


def beat(schedule: Path) -> list[str]:
    command = [sys.executable, "-m", "celery", "--app", "creditportal.celery", "beat", "--loglevel", "INFO"]
    return [*command, "--schedule", str(schedule), "--pidfile", ""]


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(Path(__file__).resolve().parents[2] / "manage.py"), *arguments]


def collect_static() -> list[str]:
    # pages that the portal does not have
    unused = [part for name in ("redoc", "rest_framework") for part in ("--ignore", name)]
    return manage("collectstatic", "--noinput", "--clear", "--verbosity", "0", *unused)


def migrations() -> list[list[str]]:
    """The schema, then the restricted role's rights on it when there is such a role."""
    steps = [manage("migrate", "--noinput")]
    if os.environ.get("DATABASE_OWNER_URL") or os.environ.get("DATABASE_OWNER_URL_FILE"):
        steps.append(manage("database_grants", application_role()))
    return steps


def application_role() -> str:
    return urlsplit(text("DATABASE_URL")).username or ""


def worker_is_alive(name: str) -> bool:
    """Whether the worker of this name on this host renewed its key lately (see creditportal.celery)."""
    import redis

    client = redis.Redis.from_url(text("REDIS_URL"), socket_timeout=2, socket_connect_timeout=2)
    try:
        with client:
            return bool(client.exists(f"portal:worker:{name}@{socket.gethostname()}"))
    except redis.RedisError:
        return False


def text(name: str) -> str:
    path = os.environ.get(f"{name}_FILE")
    return Path(path).read_text().strip() if path else os.environ.get(name, "")


def check() -> list[str]:
    """What is missing for these commands to start here, in words."""
    wanted = ("django", "gunicorn", "celery", "creditportal.wsgi", "creditportal.celery")
    problems = [f"{module} is not installed" for module in wanted if not _installed(module)]
    for name in ("SECRET_KEY", "MASTER_KEY", "DATABASE_URL", "REDIS_URL"):
        if not (os.environ.get(name) or os.environ.get(f"{name}_FILE")):
            problems.append(f"{name} (or {name}_FILE) is not set")
    return problems


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _number(name: str, default: int) -> str:
    value = os.environ.get(name) or str(default)
    if not value.isdigit() or not int(value):
        raise SystemExit(f"{name}={value!r}: a whole number of at least 1 is needed.")
    return value
