# One image for web processes. It needs DATABASE_URL and SECRET_KEY; without DATABASE_URL it runs the embedded
# PostgreSQL in /data, which suits a trial on one machine.

FROM python:3.11-slim AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PATH=/venv/bin:$PATH
RUN python -m venv /venv
WORKDIR /app
COPY requirements.txt .
RUN pip install --quiet --only-binary :all: -r requirements.txt

FROM packages AS frontend
COPY requirements-build.txt .
RUN pip install --quiet --only-binary :all: -r requirements-build.txt
COPY . .
# Of the build's working folder the server needs these four alone.
RUN DATA_DIR=/tmp/build python -m academics_app build \
    && find .web -mindepth 1 -maxdepth 1 \
       ! -name build ! -name backend ! -name routes.json ! -name build.fingerprint -exec rm -rf {} + \
    && rm -rf .web/build/server \
    && python -m compileall -q academics_app alembic rxconfig.py

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    ENVIRONMENT=production HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
RUN useradd --uid 10001 --create-home academics && install -d -m 0700 -o academics -g academics /data
COPY --from=packages /venv /venv
COPY --from=frontend /app /app
WORKDIR /app
USER academics
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/api/v1/health', timeout=4)"]
CMD ["sh", "-c", "python -m academics_app migrate && exec python -m academics_app serve"]
