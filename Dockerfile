# syntax=docker/dockerfile:1
FROM python:3.13-slim-bookworm AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PROJECT_ENVIRONMENT=/opt/portal
WORKDIR /app
RUN pip install --no-cache-dir uv==0.13.9
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev
COPY . .
# Babel compiles here and stays behind
RUN UV_PROJECT_ENVIRONMENT=/opt/messages uv sync --frozen --only-group messages \
    && /opt/messages/bin/python -m creditportal.translations
# values that only have to be well-formed; none of them is in the image
RUN SECRET_KEY=build MASTER_KEY=YnVpbGQtb25seS1rZXktb2YtMzItYnl0ZXMtbG9uZyE= \
    DATABASE_URL=postgresql://build@localhost/build REDIS_URL=redis://localhost/0 \
    DJANGO_SETTINGS_MODULE=creditportal.settings.base STATIC_ROOT=/app/staticfiles \
    /opt/portal/bin/python manage.py collectstatic --noinput --verbosity 0

FROM python:3.13-slim-bookworm
# LightGBM's only system library
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --home-dir /app portal \
    && install --directory --owner=portal --group=portal /data
ENV PATH=/opt/portal/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=creditportal.settings.base \
    DATA_DIR=/data STATIC_ROOT=/app/staticfiles HOST=0.0.0.0 PORT=8000 \
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
WORKDIR /app
COPY --from=build /opt/portal /opt/portal
COPY --from=build /app /app
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"]
ENTRYPOINT ["python", "-m", "creditportal.serve"]
CMD ["web"]
