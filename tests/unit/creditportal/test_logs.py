import json
import logging
from typing import Any

from creditportal.settings.logs import logging_configuration


def line_of(record: logging.LogRecord) -> dict[str, Any]:
    settings = logging_configuration(level="INFO", readable=False)["formatters"]["events"]
    formatter = settings.pop("()")(**settings)
    line: dict[str, Any] = json.loads(formatter.format(record))
    return line


def test_exception_text_stays_out_because_it_may_quote_a_person() -> None:
    try:
        raise ValueError("Key (email)=(ada@example.org) already exists")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("portal", logging.ERROR, __file__, 1, "job_failed", (), info)
    line = line_of(record)
    assert "ada@example.org" not in json.dumps(line)
    assert line["exception"] == "builtins.ValueError"
    assert any("test_logs" in place for place in line["trace"])


def test_ids_given_as_extra_are_in_the_line() -> None:
    record = logging.LogRecord("portal", logging.INFO, __file__, 1, "job_done", (), None)
    record.job_id = "0192"
    line = line_of(record)
    assert (line["event"], line["job_id"], line["level"]) == ("job_done", "0192", "info")
