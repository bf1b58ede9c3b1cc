"""What the console is put together from: apps, middleware in its order, templates."""

from pathlib import Path

INSTALLED_APPS = [
    "secrets_ui",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    # The next two need its tables and its middleware; none of its pages is mounted
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "csp",
]
# For a console with a provider alone: it loads an HTTP client of its own, 5 MiB that commands need
# not hold.
OIDC_APP = "allauth.socialaccount.providers.openid_connect"
MIDDLEWARE = [
    # First, so that it measures all of the others.
    "secrets_ui.middleware.requests.measure",
    "secrets_ui.incoming.client_address",
    "miyabi_admin.forgetting.forget_soon",
    "secrets_ui.middleware.requests.no_store",
    # Headers first, around everything that may answer by itself: SecurityMiddleware redirects to
    # TLS, and refuses an unknown host.
    "secrets_ui.middleware.requests.security_headers",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "secrets_ui.middleware.requests.answer_health",
    "secrets_ui.middleware.requests.refuse_without_thread",
    "secrets_ui.compression.compress_pages",
    "secrets_ui.middleware.errors.errors_for_people",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "secrets_ui.middleware.requests.refuse_oversized",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "secrets_ui.middleware.sessions.session_limits",
    "secrets_ui.incoming.refuse_control_characters",
    # Every view, unless it says login_not_required
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "secrets_ui.middleware.sessions.second_factor_first",
    "secrets_ui.middleware.requests.remember_environment",
    "secrets_ui.middleware.requests.answer_head",
]
TEMPLATES = [
    {
        "BACKEND": "secrets_ui.rendering.Templates",
        "NAME": "django",
        "DIRS": [Path(__file__).resolve().parent.parent / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "secrets_ui.context.frame",
            ],
            "builtins": [
                "secrets_ui.templatetags.console",
                "secrets_ui.templatetags.dates",
                "secrets_ui.templatetags.places",
                "secrets_ui.templatetags.versions",
                "secrets_ui.templatetags.words",
            ],
        },
    }
]
