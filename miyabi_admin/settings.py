"""All settings, from the environment alone. `.env.example` lists every variable."""

import hashlib
import os
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from . import browser_policy, container, databases, hardening
from .assembly import INSTALLED_APPS, OIDC_APP
from .assembly import MIDDLEWARE as MIDDLEWARE
from .assembly import TEMPLATES as TEMPLATES
from .environ import Settings
from .lanes import LANES

BASE_DIR = Path(__file__).resolve().parent.parent
env = Settings(Path(os.environ.get("ENV_FILE", BASE_DIR / ".env")))
_IS_COMMAND = Path(sys.argv[0]).name in ("manage.py", "django-admin")

# Mode. A local AWS endpoint makes this a local console; without one it is strict, with real AWS.
LOCAL_AWS_ENDPOINT = env.loopback_url("LOCAL_AWS_ENDPOINT")
IS_LOCAL = bool(LOCAL_AWS_ENDPOINT)
DEBUG = env.boolean("DEBUG")
if DEBUG and not IS_LOCAL:
    raise ImproperlyConfigured(
        "DEBUG is on while the console speaks to real AWS. Turn it off, or set LOCAL_AWS_ENDPOINT."
    )

# Keys. All of them live outside the database.
SECRET_KEY = env.key("SECRET_KEY", "it signs sessions and forms")
AUDIT_KEY = env.key("AUDIT_KEY", "it seals the audit chain").encode()
FINGERPRINT_KEY = env.key("FINGERPRINT_KEY", "it keys the fingerprints of values").encode()
SECOND_FACTOR_KEY = env.key("SECOND_FACTOR_KEY", "it encrypts the seeds of second factors").encode()
# The oldest first.
AUDIT_KEYS_BEFORE = [key.encode() for key in env.secrets("AUDIT_KEYS_BEFORE")]
if len({SECRET_KEY.encode(), AUDIT_KEY, FINGERPRINT_KEY, SECOND_FACTOR_KEY}) < 4:
    raise ImproperlyConfigured(
        "SECRET_KEY, AUDIT_KEY, FINGERPRINT_KEY and SECOND_FACTOR_KEY must be four different keys."
    )
if AUDIT_KEY in AUDIT_KEYS_BEFORE:
    raise ImproperlyConfigured("AUDIT_KEYS_BEFORE holds AUDIT_KEY: expected the keys before it.")

ALLOWED_HOSTS = env.names("ALLOWED_HOSTS") or (["127.0.0.1", "localhost"] if IS_LOCAL else [])
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS is not set: expected the console's host names, separated by commas."
    )
if any("*" in host or host.startswith(".") for host in ALLOWED_HOSTS):
    raise ImproperlyConfigured("ALLOWED_HOSTS holds a wildcard: expected full host names.")
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")

# The console's own.
ENVIRONMENTS_FILE = Path(
    env.text("ENVIRONMENTS_FILE", str(BASE_DIR / "deploy" / "environments.toml"))
)
CATALOG_FILE = Path(env.text("CATALOG_FILE", str(BASE_DIR / "deploy" / "catalog.json")))
VERSION_ID_FORMAT = env.one_of("VERSION_ID_FORMAT", ("hash", "uuid"))
CHECKPOINTS_AT = env.bucket_prefix("CHECKPOINTS_AT")
CHECKPOINTS_REGION = env.text("CHECKPOINTS_REGION", "us-west-2")
WRITES_PER_MINUTE = env.number("WRITES_PER_MINUTE", 10)
REVEALS_PER_MINUTE = env.number("REVEALS_PER_MINUTE", 10)
CHECK_RUN_KEEP_DAYS = env.number("CHECK_RUN_KEEP_DAYS", 90)
READS_KEEP_DAYS = env.number("READS_KEEP_DAYS", 120)
READER_QUIET_DAYS = env.number("READER_QUIET_DAYS", 30)
# Of the metric SecretAccess, which AWS does not publish.
METRICS_NAMESPACE = env.text("METRICS_NAMESPACE", "Miyabi/Secrets")
# US dollars: a secret a month, 10,000 calls, and a customer key of AWS KMS a month.
PRICE_SECRET = env.price("PRICE_SECRET", "0.40")
PRICE_CALLS = env.price("PRICE_CALLS", "0.05")
PRICE_KEY = env.price("PRICE_KEY", "1.00")
# Worker processes, and the threads of each. gunicorn.conf.py has the same.
WEB_CONCURRENCY, WEB_THREADS = env.number("WEB_CONCURRENCY", 1), sum(LANES.values())
# Which of the threads answers a path, and what worker.py says of a request that none was free for.
LANE_OF, REFUSED = "secrets_ui.lanes.lane_of", "miyabi.refused"
# Passwords, over all workers of a machine: each takes 46 MiB and a core's time.
HASHES_AT_ONCE = env.number("HASHES_AT_ONCE", 2)
CONTAINER_MIB = container.memory_mib()

# An OpenID Connect provider. Without an issuer there are local accounts alone.
OIDC_ISSUER = env.issuer("OIDC_ISSUER", may_be_loopback=IS_LOCAL)
if OIDC_ISSUER:
    INSTALLED_APPS = [*INSTALLED_APPS, OIDC_APP]
OIDC_CLIENT_ID, OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_ID"), env.secret("OIDC_CLIENT_SECRET")
if OIDC_ISSUER and not (OIDC_CLIENT_ID and OIDC_CLIENT_SECRET):
    raise ImproperlyConfigured(
        "OIDC_ISSUER is set: expected OIDC_CLIENT_ID and OIDC_CLIENT_SECRET as well."
    )
OIDC_LABEL = env.text("OIDC_LABEL", "your company's account")
OIDC_GROUPS_CLAIM = env.text("OIDC_GROUPS_CLAIM", "groups")
OIDC_NAME_CLAIM = env.text("OIDC_NAME_CLAIM", "email")
OIDC_SCOPES = env.names("OIDC_SCOPES") or ["openid", "email", "profile"]
OIDC_ORIGINS = env.origins("OIDC_ORIGINS") or ([env.origin_of(OIDC_ISSUER)] if OIDC_ISSUER else [])
# Each provider's people are its own: a subject of one issuer is nobody at another.
OIDC_PROVIDER_ID = f"oidc-{hashlib.sha256(OIDC_ISSUER.encode()).hexdigest()[:16]}"
# Whether values are tried where they were given out, whom to ask, and through which proxy.
CREDENTIAL_CHECKS = env.boolean("CREDENTIAL_CHECKS")
GITHUB_API_URL = env.text("GITHUB_API_URL", "https://api.github.com")
CREDENTIAL_CHECK_HOSTS = env.names("CREDENTIAL_CHECK_HOSTS")
CREDENTIAL_CHECKS_PROXY = env.proxy("CREDENTIAL_CHECKS_PROXY")
CREDENTIAL_CHECKS_PER_MINUTE = env.number("CREDENTIAL_CHECKS_PER_MINUTE", 10)
# The status page and its runner.
STATUS_EVERY = env.number("STATUS_EVERY", 300, least=0)  # gunicorn.conf.py reads it as well
STATUS_STALE_SECONDS = env.number("STATUS_STALE_SECONDS", 900)
STATUS_OUTSIDE_DAYS = env.number("STATUS_OUTSIDE_DAYS", 7)
STATUS_LOOKS_PER_PASS = env.number("STATUS_LOOKS_PER_PASS", 100, least=0)
STATUS_POLICIES_PER_PASS = env.number("STATUS_POLICIES_PER_PASS", 200, least=0)
STATUS_TRAIL_PAGES_PER_PASS = env.number("STATUS_TRAIL_PAGES_PER_PASS", 30, least=0)
STATUS_SECRETS_PER_SECOND = env.number("STATUS_SECRETS_PER_SECOND", 20)
STATUS_IAM_PER_SECOND = env.number("STATUS_IAM_PER_SECOND", 5)
STATUS_OTHERS_PER_SECOND = env.number("STATUS_OTHERS_PER_SECOND", 10)
STATUS_TOKEN = env.optional_key("STATUS_TOKEN", "it opens /status.json")
METRICS_TOKEN = env.optional_key("METRICS_TOKEN", "it opens /metrics")
STATUS_ADDRESS = env.web_address("STATUS_ADDRESS")
STATUS_WEBHOOK_URL = env.web_address("STATUS_WEBHOOK_URL")
STATUS_WEBHOOK_URLS = env.web_addresses("STATUS_WEBHOOK_URLS")  # by environment
STATUS_WEBHOOK_KEY = env.optional_key("STATUS_WEBHOOK_KEY", "it signs events")
STATUS_EMAIL_TO = env.names("STATUS_EMAIL_TO")
STATUS_EMAIL_FROM = env.text("STATUS_EMAIL_FROM", "miyabi-console@localhost")
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_USER")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_PASSWORD")
_email_security = env.one_of("EMAIL_SECURITY", ("none", "starttls", "tls"))
EMAIL_USE_TLS, EMAIL_USE_SSL = _email_security == "starttls", _email_security == "tls"
EMAIL_TIMEOUT = 10
if EMAIL_FILE_PATH := env.text("EMAIL_FOLDER"):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"

ROOT_URLCONF = "miyabi_admin.urls"
WSGI_APPLICATION = "miyabi_admin.wsgi.application"
APPEND_SLASH = False

# Data. ATOMIC_REQUESTS stays off: an intent has to be committed before the call that it announces.
DATABASES = {"default": env.database(f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
# Whatever the URL asks for.
DATABASES["default"] |= {"ATOMIC_REQUESTS": False, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
if DATABASES["default"]["NAME"] == ":memory:" and not IS_LOCAL:
    raise ImproperlyConfigured(
        "DATABASE_URL: a database in memory would forget the audit record. "
        "Expected a file or a server."
    )
DATABASES["default"]["OPTIONS"] = databases.options(DATABASES["default"], is_command=_IS_COMMAND)
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "miyabi_admin.sqlite"
    hardening.narrow_database(Path(str(DATABASES["default"]["NAME"])))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Nothing is cached outside process memory.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

# Sign-in and sessions.
PASSWORD_HASHERS = [
    "secrets_ui.services.people.hashing.Argon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "sign_in"
# Local accounts need a second factor, unless the console is a local one.
SECOND_FACTOR_REQUIRED = env.boolean("SECOND_FACTOR_REQUIRED", not IS_LOCAL)
PROOF_SECONDS = 300  # how fresh a proof has to be to change how one signs in
REVEAL_SECONDS = 30  # how long a shown value stays on a screen
# allauth: second factors and the way to the provider, through views of ours. Its defaults would let
# anybody sign up.
ACCOUNT_ADAPTER = "secrets_ui.identity.closed.ClosedAccounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_ADAPTER = "secrets_ui.identity.closed.ClosedProvider"
SOCIALACCOUNT_AUTO_SIGNUP = SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
_provider = {
    "provider_id": OIDC_PROVIDER_ID,
    "name": OIDC_LABEL,
    "client_id": OIDC_CLIENT_ID,
    "secret": OIDC_CLIENT_SECRET,
    "settings": {"server_url": OIDC_ISSUER, "scope": OIDC_SCOPES},
}
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [_provider] if OIDC_ISSUER else []}
}
MFA_ADAPTER = "secrets_ui.identity.second_factor.EncryptedSeeds"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Miyabi secrets"
# A clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODE_DIGITS = 10
# A passkey alone is a proof, so it has to ask for a finger or a PIN.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# Failures in a row, of every kind of proof together, and for how long they lock a name.
LOCK_AFTER_FAILURES, LOCK_SECONDS = 6, 15 * 60
# In the database, not cached: a sign-out must count on every worker at once
SESSION_ENGINE = "secrets_ui.services.people.session_store"
SESSION_IDLE_SECONDS = 30 * 60
SESSION_LIFE_SECONDS = 12 * 60 * 60
# Of somebody who is not signed in: the way to the provider and back, or to the second factor.
SESSION_ANONYMOUS_SECONDS = 10 * 60
SESSION_SEEN_SECONDS = 60  # between two notes of a session's last use
SESSION_WARNING_SECONDS = 5 * 60  # before its end, when the page asks whether to stay signed in
SESSION_COOKIE_AGE = SESSION_LIFE_SECONDS
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# Strict would not come back from an identity provider.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# The name of the environment that a browser visited last, and nothing else.
ENVIRONMENT_COOKIE_NAME = "__Host-environment"
ENVIRONMENT_COOKIE_AGE = 365 * 86400
CSRF_FAILURE_VIEW = "secrets_ui.views.errors.csrf_failure"

# What a browser may do: see browser_policy.py as well.
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
# No-referrer would turn the Origin of our own forms into null.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 0 if IS_LOCAL else 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not IS_LOCAL
SECURE_SSL_REDIRECT = not IS_LOCAL
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
if env.boolean("BEHIND_TLS_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies of ours add an address to X-Forwarded-For; 0: the address that connects counts.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0, least=0)
CONTENT_SECURITY_POLICY = browser_policy.content_security_policy(OIDC_ORIGINS)
PERMISSIONS_POLICY = browser_policy.PERMISSIONS_POLICY

# Bodies: a document of 65,536 bytes may triple in a form's encoding; anything much larger is
# refused before parsing.
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
# Nothing is ever spooled to a disk.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# Static files: whitenoise, under names that hold a hash of their content.
STATIC_URL = "/static/"
# collectstatic fills this folder; a local console serves the files from the source.
STATIC_ROOT = None if IS_LOCAL else BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = IS_LOCAL
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_AUTOREFRESH = False
_hashed = "secrets_ui.static_files.HashedStaticFiles"
_plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {"staticfiles": {"BACKEND": _plain if IS_LOCAL else _hashed}}

LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# Errors and logs: JSON lines on standard output, without local variables, bodies or exception texts
# that are not ours.
DEFAULT_EXCEPTION_REPORTER_FILTER = "secrets_ui.reports.NothingFromTheRequest"
LOGGING_CONFIG = "secrets_ui.logs.configure"
LOGGING = {
    "level": env.one_of("LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
    # Standard output of a command is its answer; the server's is the log.
    "stream": "stderr" if _IS_COMMAND else "stdout",
}

# Last: what was read does not stay for others to read.
hardening.take_out(env.confidential)
COMMAND_ENVIRON = hardening.environ_of_command
