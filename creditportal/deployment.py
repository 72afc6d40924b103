"""What can be proved of the Dockerfile and the compose file without an engine: structure, names, no secrets."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[1]
PROCESSES = {"web", "worker", "deliveries", "beat", "migrate"}
SERVICES = PROCESSES | {"postgres", "redis"}
SECRET_WORDS = re.compile(r"PASSWORD|SECRET|_KEY|TOKEN|_URL$")
INSTRUCTION = re.compile("FROM|RUN|CMD|LABEL|EXPOSE|ENV|ADD|COPY|ENTRYPOINT|VOLUME|USER|WORKDIR|ARG|HEALTHCHECK|SHELL")
Instruction = tuple[str, str]


def problems() -> list[str]:
    compose: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    dockerfile = instructions((PROJECT / "Dockerfile").read_text())
    return [*compose_problems(compose), *dockerfile_problems(dockerfile), *ignore_problems()]


def compose_problems(compose: dict[str, Any]) -> Iterator[str]:
    services: dict[str, Any] = compose["services"]
    for missing in SERVICES - set(services):
        yield f"compose: the service {missing} is missing"
    for name, service in services.items():
        yield from _service_problems(name, service, compose)


def _service_problems(name: str, service: dict[str, Any], compose: dict[str, Any]) -> Iterator[str]:
    if "restart" not in service:
        yield f"compose: {name} has no restart policy"
    if "healthcheck" not in service and name != "web":  # the image's own check is for web
        yield f"compose: {name} has no health check"
    if name in PROCESSES and not service.get("read_only"):
        yield f"compose: {name} may write to its own file system"
    for secret in service.get("secrets", []):
        if secret not in compose.get("secrets", {}):
            yield f"compose: {name} asks for the secret {secret}, which is not declared"
    for other in service.get("depends_on", {}):
        if other not in compose["services"]:
            yield f"compose: {name} depends on {other}, which is not a service"
    for variable in service.get("environment", {}):
        if SECRET_WORDS.search(variable) and not variable.endswith("_FILE"):
            yield f"compose: {name} is given {variable} in the clear; use {variable}_FILE"
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("."):
            if not (PROJECT / source).exists():
                yield f"compose: {name} mounts {source}, which is not there"
        elif source not in compose.get("volumes", {}):
            yield f"compose: {name} uses the volume {source}, which is not declared"


def instructions(text: str) -> list[Instruction]:
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    lines = [line.strip() for line in joined.splitlines() if line.strip()]
    return [(line.split(None, 1)[0].upper(), line.split(None, 1)[-1]) for line in lines]


def dockerfile_problems(steps: list[Instruction]) -> Iterator[str]:
    for word, rest in steps:
        if not INSTRUCTION.fullmatch(word):
            yield f"Dockerfile: {word} is not an instruction"
        if word in ("ENV", "ARG") and SECRET_WORDS.search(rest):
            yield f"Dockerfile: {word} {rest} would keep a secret in the image"
        if word == "FROM" and (":" not in rest or ":latest" in rest):
            yield f"Dockerfile: {rest} names no version"
    final = steps[max(index for index, (word, _) in enumerate(steps) if word == "FROM") :]
    users = [rest for word, rest in final if word == "USER"]
    if not users or users[-1].split(":")[0] in ("root", "0"):
        yield "Dockerfile: the image runs as root"
    if not any(word == "HEALTHCHECK" for word, _ in final):
        yield "Dockerfile: there is no health check"
    pinned = re.search(r"^UV_VERSION := (\S+)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    if not pinned or not any(f"uv=={pinned[1]}" in rest for _, rest in steps):
        yield "Dockerfile: uv is not the version of the Makefile"


def ignore_problems() -> Iterator[str]:
    """The build context is a list of what goes in: every package must be on it, and nothing secret."""
    allowed = {line[1:].strip("/") for line in (PROJECT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    packages = {path.parent.name for path in PROJECT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    for name in sorted((packages | {"templates", "static", "locale", "manage.py", "uv.lock"}) - allowed):
        yield f".dockerignore: {name} would be left out of the image"
    for name in sorted(allowed & {"secrets", ".data", ".git", ".env"}):
        yield f".dockerignore: {name} must not go into the image"


def main() -> int:
    found = problems()
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
