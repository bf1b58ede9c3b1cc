"""The WSGI application that gunicorn serves."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from .hardening import harden

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "miyabi_admin.settings")
harden()

try:
    application = get_wsgi_application()
except ImproperlyConfigured as error:
    sys.stderr.write(f"miyabi: {error}\n")
    # gunicorn's code for an application that cannot be loaded: it stops instead of starting workers
    # for ever.
    sys.exit(4)
