"""The console's settings, with Django's own middleware alone and one page."""

from miyabi_admin.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.reference.urls"
MIDDLEWARE = [  # what `django-admin startproject` gives, without messages, which nothing here uses
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES[0]["OPTIONS"]["context_processors"] = ["django.template.context_processors.request"]  # noqa: F405
