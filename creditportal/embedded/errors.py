from pathlib import Path


class StartError(Exception):
    """Something cannot start; the message is for the person at the keyboard, the status for whatever called."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


def tail(path: Path, lines: int = 15) -> str:
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join("    " + line for line in text.splitlines()[-lines:])


def with_log(message: str, log: Path) -> StartError:
    return StartError(f"{message}\n{tail(log)}\n  Its whole log: {log}")
