# syntax=docker/dockerfile:1.7
FROM ghcr.io/astral-sh/uv:0.13.9 AS uv

# Both stages stand on the same image: an environment points to the interpreter it was made with.
FROM python:3.13.15-slim-trixie AS build
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/opt/pantau
WORKDIR /source
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv sync --locked --no-install-project --no-default-groups --all-extras
COPY pyproject.toml uv.lock README.md LICENSE NOTICE ./
COPY worker worker
COPY alerts alerts
COPY ops ops
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --locked --no-editable --no-default-groups --all-extras
# Quicker, and no more than that: without it everything runs as it is written.
RUN /opt/pantau/bin/pantau compile || echo "goes on without machine code"

FROM python:3.13.15-slim-trixie
LABEL org.opencontainers.image.title="Pantau" \
      org.opencontainers.image.description="A self-hosted, always-on news watch" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
# An account with a name, which the bundled PostgreSQL asks for when the image runs `up` by itself.
RUN groupadd --gid 10001 pantau \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin pantau \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /opt/pantau /opt/pantau
# The root may be mounted read-only: only /data and /tmp are written to.
ENV PATH=/opt/pantau/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PANTAU_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8484
HEALTHCHECK --interval=30s --timeout=15s --start-period=60s CMD ["pantau", "health"]
ENTRYPOINT ["pantau"]
CMD ["up", "--host", "0.0.0.0"]
