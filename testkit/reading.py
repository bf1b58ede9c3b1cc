"""What the warm Python has read when it forks (forking.py): all modules of the console, and AWS's
descriptions of its services.

Django is left as before django.setup(): each fork reads settings of its own, puts its apps together
and looks whether it may start. As it is read, no module keeps what settings may say differently.
"""

import os
import pkgutil
import secrets
import sys
from functools import cache
from importlib import import_module

import botocore.session
from django.apps import AppConfig, apps
from django.conf import empty, settings
from django.db import connections

MODULES = (
    *("argon2", "boto3", "csp.constants", "fido2.server", "gunicorn.workers.gthread", "psycopg"),
    "gunicorn.app.wsgiapp",
    *("django.contrib.auth.hashers", "django.core.management", "django.core.servers.basehttp"),
    *("django.db.backends.sqlite3.base", "django.db.migrations.executor", "django.forms"),
    *("django.core.handlers.wsgi", "django.template.defaulttags", "django.urls", "qrcode"),
    *("django.contrib.staticfiles.storage", "django.core.mail", "django.test", "requests"),
    *("django.db.models", "django.views.debug", "jwt", "prometheus_client", "whitenoise"),
)
# Most of what consoles of tests ask.
SERVICES = ("secretsmanager", "kms", "sts", "iam", "lambda", "cloudtrail", "organizations")
# The least that the console starts with.
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "miyabi_admin.settings",
    "ENV_FILE": "/nonexistent",
    "LOCAL_AWS_ENDPOINT": "http://127.0.0.1:9",
    "DATABASE_URL": "sqlite://:memory:",
}
KEYS = ("SECRET_KEY", "AUDIT_KEY", "FINGERPRINT_KEY", "SECOND_FACTOR_KEY")


def read() -> None:
    for name in MODULES:
        import_module(name)
    before = dict(os.environ)
    os.environ.update(SETTINGS, **{name: secrets.token_urlsafe(48) for name in KEYS})
    _import_models()
    for name in settings.MIDDLEWARE:
        import_module(name.rpartition(".")[0])
    for found in pkgutil.walk_packages(import_module("secrets_ui").__path__, "secrets_ui."):
        import_module(found.name)
    os.environ.clear()
    os.environ.update(before)
    _forget_settings()
    _read_services()


def _import_models() -> None:
    """As apps.populate(), without ready(), where an app may keep what its settings say."""
    for name in settings.INSTALLED_APPS:
        app = AppConfig.create(name)
        apps.app_configs[app.label], app.apps = app, apps
    apps.apps_ready = True
    for app in apps.get_app_configs():
        app.import_models()
    apps.models_ready = apps.ready = True


def _forget_settings() -> None:
    """Back to before django.setup(), but for what is read."""
    settings._wrapped = empty
    apps.app_configs.clear()
    apps.apps_ready = apps.models_ready = apps.ready = False
    del connections["default"], connections.settings
    connections._settings = None
    # What reads the settings, and what it knows of the process.
    for name in [name for name in sys.modules if name.partition(".")[0] == "miyabi_admin"]:
        del sys.modules[name]


def _read_services() -> None:
    """A session reads some megabytes of JSON for its clients; here all share one reader."""
    botocore.session.create_loader = cache(botocore.session.create_loader)
    session = botocore.session.get_session()
    session.set_credentials("none", "none")  # or it would look for some
    for service in SERVICES:
        session.create_client(service, "us-west-2")
