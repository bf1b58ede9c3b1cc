"""The console's settings, with Django's own middleware alone and one page."""

from miyabi_admin.settings import *  # noqa: F403
from miyabi_admin.settings import BASE_DIR

ROOT_URLCONF = "benchmarks.reference.urls"
MIDDLEWARE = [  # what `django-admin startproject` gives, without messages, which nothing here uses
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # its apps do not start without
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": ["django.template.context_processors.request"],
            "builtins": [
                "secrets_ui.templatetags.console",
                "secrets_ui.templatetags.dates",
                "secrets_ui.templatetags.versions",
                "secrets_ui.templatetags.words",
            ],
            "libraries": {"listing": "secrets_ui.templatetags.listing"},
        },
    }
]
