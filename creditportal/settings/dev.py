"""For a developer's shell: the embedded servers of `make run` when they are known, else plain local defaults.

Never used to serve: the keys below protect nothing.
"""

import os
import sys

from creditportal.embedded.layout import Layout, data_folder
from creditportal.settings.environment import use_owner_role

_defaults = {
    "SECRET_KEY": "development-only-and-never-served",
    "MASTER_KEY": "ZGV2ZWxvcG1lbnQtb25seS0zMi1ieXRlcy1sb25nISE=",
    "DATABASE_URL": "postgresql://portal_app@127.0.0.1:5432/portal",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
} | Layout(data_folder()).environment()
if os.environ.get("DATABASE_URL"):  # another server's database has another owner
    _defaults.pop("DATABASE_OWNER_URL", None)
for _name, _value in _defaults.items():
    if f"{_name}_FILE" not in os.environ:
        os.environ.setdefault(_name, _value)
use_owner_role(sys.argv[1] if len(sys.argv) > 1 else "")

from creditportal.settings.base import *  # noqa: E402, F403
from creditportal.settings.base import STORAGES  # noqa: E402
from creditportal.settings.logs import logging_configuration  # noqa: E402

DEBUG = True
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
LOGGING = logging_configuration(level=os.environ.get("LOG_LEVEL", "INFO"), readable=True)
