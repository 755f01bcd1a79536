# One image per service, and one of the auditor: docker build --build-arg SERVICE=intake --tag loket-intake .
# Both images can be replaced, for a mirror or another registry.
ARG PYTHON_IMAGE=python:3.13-slim@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285
ARG UV_IMAGE=ghcr.io/astral-sh/uv:0.13.0@sha256:cdc6093146eb3ff6a40107b38f008b789e050e77ad87865e381d9917da55a168
ARG SERVICE=intake

FROM ${UV_IMAGE} AS uv

FROM ${PYTHON_IMAGE} AS build
ARG SERVICE
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never UV_CACHE_DIR=/var/cache/uv
WORKDIR /build
RUN uv venv --python python3 /opt/loket
# What others wrote, as locked; it changes less often than what we write.
COPY locks/${SERVICE}.txt locks/dev.txt locks/
RUN --mount=type=cache,target=/var/cache/uv \
    uv pip sync --require-hashes --python /opt/loket/bin/python locks/${SERVICE}.txt
COPY libs/common libs/common
COPY services/${SERVICE} services/${SERVICE}
RUN --mount=type=cache,target=/var/cache/uv \
    uv pip install --no-deps --build-constraints locks/dev.txt --python /opt/loket/bin/python ./libs/common ./services/${SERVICE}

FROM ${PYTHON_IMAGE} AS runtime
ARG REGION=south-limburg
COPY --from=build /opt/loket /opt/loket
ENV PATH=/opt/loket/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp \
    REGION_PATH=/regions/${REGION}
WORKDIR /tmp
USER 10001:10001

# Counts the platform from outside; of the region it knows how long letters are tried again.
FROM runtime AS auditor
ARG REGION
COPY regions/${REGION}/notifications/policy.yaml /regions/${REGION}/notifications/policy.yaml
CMD ["python", "-P", "-m", "auditor"]

FROM runtime AS service
ARG SERVICE
ARG REGION
COPY regions/${REGION}/${SERVICE} /regions/${REGION}/${SERVICE}
ENV HOST=0.0.0.0 PORT=8000 METRICS_PORT=9464
EXPOSE 8000 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as ask; ask.urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"]

FROM service AS intake
CMD ["python", "-P", "-m", "intake"]

FROM service AS scheduling
CMD ["python", "-P", "-m", "scheduling"]

FROM service AS notifications
CMD ["python", "-P", "-m", "notifications"]

FROM service AS reporting
CMD ["python", "-P", "-m", "reporting"]

FROM ${SERVICE}
