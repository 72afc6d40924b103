"""What the clock starts is there to be started."""

from creditportal.celery import app
from creditportal.settings.rounds import SECONDS_BETWEEN


def test_every_round_has_its_task() -> None:
    app.loader.import_default_modules()
    assert set(SECONDS_BETWEEN) <= set(app.tasks)
