# The program as an image: docker build -t giothong . (docs/operations/containers.md)
FROM python:3.11-slim-bookworm AS build
WORKDIR /opt/giothong
COPY requirements.lock ./
# The same steps as `make setup`: exactly the locked packages, by their hashes, then the program without any more.
RUN python -m venv .venv \
    && .venv/bin/python -m pip install --disable-pip-version-check --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY bot bot
COPY scheduler scheduler
COPY content content
RUN .venv/bin/python -m pip install --disable-pip-version-check --no-cache-dir --no-deps --no-build-isolation --editable . \
    && .venv/bin/python -m compileall -q bot scheduler

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 giothong \
    && useradd --uid 10001 --gid giothong --no-create-home --home-dir /srv/giothong --shell /usr/sbin/nologin giothong \
    && install -d -o giothong -g giothong -m 0700 /srv/giothong /srv/giothong/data
COPY --from=build /opt/giothong /opt/giothong
ENV PATH=/opt/giothong/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=8080
# Settings (.env) and data lie here; mount it.
WORKDIR /srv/giothong
USER giothong
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/readyz', timeout=4)"]
ENTRYPOINT ["giothong"]
CMD ["serve"]
