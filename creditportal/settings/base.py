"""Settings of a server. Everything that differs between machines comes from the environment (see README)."""

from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from creditportal.settings import environment as env
from creditportal.settings import lender
from creditportal.settings.logs import logging_configuration
from creditportal.settings.rounds import beat_schedule
from creditportal.settings.stores import stores

BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / ".data"))).resolve()

DEBUG = False
SECRET_KEY = env.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.names("SECRET_KEYS_RETIRED")
MASTER_KEYS = env.master_keys()
ALLOWED_HOSTS = [*env.names("ALLOWED_HOSTS"), "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")
CSRF_FAILURE_VIEW = "accounts.kept.csrf_failure"
HTTPS = env.flag("PORTAL_HTTPS")

BUNDLE_DIR = Path(env.text("BUNDLE_DIR", str(DATA_DIR / "bundles")))
env.folder_is_there("PRODUCTS_DIR")  # ml reads it, with and without Django
BUNDLE_PUBLIC_KEY = env.text("BUNDLE_PUBLIC_KEY", str(DATA_DIR / "keys" / "bundle_public.pem"))
LEDGER_PRIVATE_KEY = env.text("LEDGER_PRIVATE_KEY", str(DATA_DIR / "keys" / "ledger_private.pem"))
CASE_PROMISE_HOURS = env.integer("CASE_PROMISE_HOURS", 48, minimum=1)

# How long what is known of a person is kept, counted from the last decision (docs/privacy.md)
RETENTION: dict[str, int] = {
    "declined_months": env.integer("RETENTION_DECLINED_MONTHS", 60, minimum=1),
    "approved_months": env.integer("RETENTION_APPROVED_MONTHS", 120, minimum=1),
    "draft_days": env.integer("RETENTION_DRAFT_DAYS", 30, minimum=1),  # of forms typed and not submitted
    "answer_hours": env.integer("RETENTION_ANSWER_HOURS", 72, minimum=24),  # of idempotent requests
}

INSTALLED_APPS = [
    "unfold",  # before the admin, whose templates it replaces
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "common",
    "accounts",
    "applications",
    "scoring",
    "explanations",
    "decisions",
    "monitoring",
    "integrations",
    "creditportal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "creditportal.middleware.RequestLogMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "creditportal.middleware.UserLanguageMiddleware",
    "creditportal.middleware.PrivatePagesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "common.pages.ErrorPages",
    "common.pages.AdminPolicy",
]

ROOT_URLCONF = "creditportal.urls"
WSGI_APPLICATION = "creditportal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# Database: one engine everywhere. The pool keeps connections, so Django must not (CONN_MAX_AGE 0).
DATABASE_URL = env.url("DATABASE_URL", env.POSTGRES_SCHEMES)
STATEMENT_TIMEOUT_MS = env.integer("DATABASE_STATEMENT_TIMEOUT_MS", 30_000)
DATABASES: dict[str, Any] = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=0, conn_health_checks=True)}
DATABASES["default"].setdefault("OPTIONS", {}).update(
    {
        "connect_timeout": 3,
        "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout=10000"
        " -c idle_in_transaction_session_timeout=60000"
        " -c pg_trgm.strict_word_similarity_threshold=0.3",  # one letter wrong in a name of five
        "pool": {"min_size": 1, "max_size": env.integer("DATABASE_POOL_SIZE", 8, minimum=1), "timeout": 3},
    }
)

# People and doors
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.PortalBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
] + [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    }
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_ADAPTER = "creditportal.login.ClosedSignupAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False  # failed sign-ins are evidence, not records to edit
AXES_VERBOSE = False  # its messages carry usernames
AXES_LOCKOUT_TEMPLATE = "account/lockout.html"
AXES_CLIENT_IP_CALLABLE = "common.http.client_address"
PROXY_COUNT = env.integer("PROXY_COUNT", 0)  # proxies in front that write X-Forwarded-For themselves
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # probes speak plain HTTP from inside
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
BATCH_MAX_BYTES = env.integer("BATCH_MAX_MB", 1_024, minimum=1) * 1024 * 1024
EXPORT_KEEP_DAYS = env.integer("EXPORT_KEEP_DAYS", 30, minimum=1)
BATCH_KEEP_DAYS = env.integer("BATCH_KEEP_DAYS", 30, minimum=1)
# Webhooks go to public addresses over https only, and to what is named here
WEBHOOK_ALLOWED_NETWORKS = env.networks("WEBHOOK_ALLOWED_NETWORKS")
WEBHOOK_ALLOW_HTTP = env.flag("WEBHOOK_ALLOW_HTTP")
WEBHOOK_KEEP_DAYS = env.integer("WEBHOOK_KEEP_DAYS", 30, minimum=3)
DOCUMENT_MAX_BYTES = env.integer("DOCUMENT_MAX_MB", 10, minimum=1) * 1024 * 1024

# Letters and the mail that carries them
LENDER: dict[str, Any] = lender.LENDER
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25, minimum=1)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_USER", ""), env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", LENDER["contact"])

# Languages and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "Europe/Paris")  # what pages show; the database keeps UTC

# Static files
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES: dict[str, Any] = stores(DATA_DIR)
MEDIA_ROOT = DATA_DIR / "media"

# In the process, not in Redis: no request may wait for the broker
CACHES: dict[str, Any] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# A view that says nothing of its own is closed: a key, and a scope per method
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api_auth.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api_auth.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.throttling.KeyRateThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.api_parser.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "common.api_schema.PortalSchema",
    "EXCEPTION_HANDLER": "common.api_errors.problem_handler",
    "STRICT_JSON": True,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Credit portal",
    "DESCRIPTION": "Applications, calibrated scores, explanations and decisions.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "BatchState": "scoring.enums.BatchState",
        "ApplicationStatus": "applications.enums.Status",
        "ExplanationStatus": "explanations.selectors.EXPLANATION_STATES",
        "ModelState": "scoring.enums.ModelState",
        "Outcome": "decisions.enums.Outcome",
        "OverrideDirection": "decisions.enums.Direction",
        "Recommendation": "scoring.enums.Recommendation",
        "WebhookEvent": "integrations.enums.EventType",
        "WebhookState": "integrations.enums.EndpointState",
        "DeliveryState": "integrations.enums.DeliveryState",
    },
}

UNFOLD = {"SITE_TITLE": _("Credit portal"), "SITE_HEADER": _("Credit portal"), "SHOW_VIEW_ON_SITE": False}

# Celery executes; the truth is the job row (docs/adr). Short timeouts: a dead broker must not hold a request.
REDIS_URL = env.url("REDIS_URL", env.REDIS_SCHEMES)
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "visibility_timeout": 3600,
}
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 600_000  # KiB; a child that drew a drift report keeps half a gigabyte
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_SOFT_TIME_LIMIT = 300
CELERY_TASK_TIME_LIMIT = 330
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
# what waits for other systems goes to a worker of its own; what is long stands behind what a person waits for
JOB_QUEUES = dict.fromkeys(("webhooks.send", "webhooks.release", "decisions.notice_send"), "deliveries")
JOBS_LONG = ["read_batch", "export_decisions", "monitoring_measure", "monitoring_report", "verify_ledger"]
JOBS_LONG_SECONDS = 4 * 3600  # an export of a million decisions takes five minutes here, and more elsewhere
JOBS_LAST = [*JOBS_LONG, "score_batch_chunk"]
LONG_JOBS_AT_ONCE = max(1, env.integer("WORKER_PROCESSES", 2, minimum=1) - 1)  # one place is left for people
CELERY_BEAT_SCHEDULE = beat_schedule()

LOGGING_CONFIG = "creditportal.settings.logs.configure"
LOGGING = logging_configuration(level=env.text("LOG_LEVEL", "INFO"), readable=False)
