# The console's image: two stages, hashed requirements, no root, nothing of the demo or the tests.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/console
COPY requirements/base.txt /tmp/base.txt
RUN /opt/console/bin/pip install --require-hashes -r /tmp/base.txt
WORKDIR /srv/console
COPY manage.py ./
COPY miyabi_admin miyabi_admin
COPY secrets_ui secrets_ui
COPY templates templates
COPY deploy/catalog.json deploy/gunicorn.conf.py deploy/environments.example.toml deploy/
# Static files get their hashed names here. The settings of this one step are thrown away with it.
RUN keys() { /opt/console/bin/python -c "import secrets; print(secrets.token_urlsafe(48))"; } && \
    SECRET_KEY=$(keys) AUDIT_KEY=$(keys) FINGERPRINT_KEY=$(keys) SECOND_FACTOR_KEY=$(keys) ALLOWED_HOSTS=build.invalid DATABASE_URL=sqlite:////tmp/build.sqlite3 \
    ENVIRONMENTS_FILE=deploy/environments.example.toml /opt/console/bin/python manage.py collectstatic --noinput

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin console
COPY --from=build /opt/console /opt/console
COPY --from=build /srv/console /srv/console
WORKDIR /srv/console
# The file system may be read-only: gunicorn's heartbeat files go to memory, and nothing else is written.
ENV PATH=/opt/console/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/livez', timeout=2)"]
CMD ["gunicorn", "-c", "deploy/gunicorn.conf.py", "miyabi_admin.wsgi"]
