"""What a server runs, minus what would slow tests or hide their failures."""

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="portal-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
_defaults = {
    "SECRET_KEY": "tests-only",
    "MASTER_KEY": "dGVzdHMtb25seS10aGlydHktdHdvLWJ5dGVzLWxvbmc=",
    "DATABASE_URL": "postgresql://portal_owner@127.0.0.1:5432/portal",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "DATA_DIR": _folder,
}
for _name, _value in _defaults.items():
    os.environ.setdefault(_name, _value)

from creditportal.settings import environment as env  # noqa: E402
from creditportal.settings.base import *  # noqa: E402, F403
from creditportal.settings.base import DATABASES, STORAGES, dj_database_url  # noqa: E402

# Tests create databases and tables, which only the owner may
_owner = env.text("DATABASE_OWNER_URL", "")
if _owner:
    _options = DATABASES["default"]["OPTIONS"]
    DATABASES["default"] = dj_database_url.parse(_owner) | {"OPTIONS": _options}
del DATABASES["default"]["OPTIONS"]["pool"]

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
AXES_ENABLED = False
WHITENOISE_AUTOREFRESH = True  # nothing is collected for tests
