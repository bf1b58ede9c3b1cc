# The console's image: `docker build -t miyabi-console .`
# It runs with a read-only file system: `docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges …`
# deploy/compose.yaml does so. `--target demo` builds the other image, with a local AWS in it, which production never gets.
# The base image is best given by its digest: `--build-arg PYTHON=python:3.13-slim@sha256:…`; docs/operations.md tells how to find it.
ARG PYTHON=python:3.13-slim

FROM ${PYTHON} AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv/console
# The base image's pip installs into it, so that it holds none: nothing is installed in a running container.
RUN python -m venv --without-pip /opt/console
COPY requirements/base.txt requirements/
RUN python -m pip --python /opt/console/bin/python install --quiet --require-hashes --only-binary :all: -r requirements/base.txt && rm -r requirements

FROM packages AS build
# 60 MB that nothing reads: AWS's services but those of secrets_ui/aws, and translations, since the console speaks English (USE_I18N).
RUN cd /opt/console/lib/python3*/site-packages && \
    find botocore/data -mindepth 1 -maxdepth 1 -type d $(printf "! -name %s " cloudtrail cloudwatch ec2 iam kms lambda logs organizations s3 secretsmanager sts) -exec rm -r {} + && \
    find . -type d -name LC_MESSAGES -prune -exec rm -r {} +
COPY manage.py ./
COPY miyabi_admin miyabi_admin
COPY secrets_ui secrets_ui
COPY templates templates
COPY deploy/catalog.json deploy/gunicorn.conf.py deploy/healthcheck.py deploy/environments.example.toml deploy/
# Static files get their hashed names here. The settings of this one step are thrown away with it.
RUN key() { /opt/console/bin/python -c "import secrets; print(secrets.token_urlsafe(48))"; } && \
    SECRET_KEY=$(key) AUDIT_KEY=$(key) FINGERPRINT_KEY=$(key) SECOND_FACTOR_KEY=$(key) ALLOWED_HOSTS=build.invalid DATABASE_URL=sqlite:////nonexistent/db \
    ENVIRONMENTS_FILE=deploy/environments.example.toml /opt/console/bin/python manage.py collectstatic --noinput --verbosity 0
# Whatever the builder's umask was: everybody may read, nobody may write. Compiled, since nothing can be compiled later.
RUN /opt/console/bin/python -m compileall -q miyabi_admin secrets_ui && chmod -R a=rX /srv/console

FROM packages AS demo-build
COPY requirements/demo.txt requirements/
RUN python -m pip --python /opt/console/bin/python install --quiet --require-hashes --only-binary :all: -r requirements/demo.txt
COPY manage.py ./
COPY miyabi_admin miyabi_admin
COPY secrets_ui secrets_ui
COPY templates templates
COPY deploy/catalog.json deploy/gunicorn.conf.py deploy/healthcheck.py deploy/environments.example.toml deploy/
COPY deploy/demo deploy/demo
RUN chmod -R a=rX /srv/console

# A local AWS on the container's own loopback, and the console before it. For a first look on one's own machine, and never elsewhere.
FROM ${PYTHON} AS demo
COPY --from=demo-build /opt/console /opt/console
COPY --from=demo-build /srv/console /srv/console
WORKDIR /srv/console
ENV PATH=/opt/console/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DEMO_HOST=0.0.0.0 DEMO_FOLDER=/tmp/demo PORT=8000
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["python", "deploy/healthcheck.py"]
CMD ["python", "-m", "deploy.demo"]

# The last stage is what `docker build` makes. 10001 is nobody's number; no account is made for it.
FROM ${PYTHON} AS console
COPY --from=build /opt/console /opt/console
COPY --from=build /srv/console /srv/console
WORKDIR /srv/console
# glibc overwrites memory as soon as Python frees it: docs/decisions/0026-freed-memory-is-overwritten.md
ENV PYTHONMALLOC=malloc GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0
# gunicorn's heartbeat files go to memory (/dev/shm), and nothing else is written. glibc would keep memory for each of many threads.
ENV PATH=/opt/console/bin:$PATH MALLOC_ARENA_MAX=2 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Miyabi secrets console" org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.description="A console for the secrets of Miyabi in AWS Secrets Manager" \
    org.opencontainers.image.version="${VERSION}" org.opencontainers.image.revision="${REVISION}"
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["python", "deploy/healthcheck.py"]
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py"]
