# The page on a CPU, for any host of containers and for a Docker Space:
#   docker build --tag sr-demo . && docker run --rm --publish 7860:7860 sr-demo
FROM python:3.12-slim AS packages
COPY requirements.lock .
RUN python -m venv /venv
# All by its hash in the lock. PyTorch brings CUDA along, some gigabytes that a CPU has no use for: its
# build for CPUs is another file, with another hash.
RUN /venv/bin/pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes -r requirements.lock

FROM python:3.12-slim
RUN useradd --create-home --uid 1000 visitor
COPY --from=packages /venv /venv
WORKDIR /app
COPY app.py .
COPY sr_demo sr_demo
COPY checkpoints checkpoints
USER 1000
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=7860
EXPOSE 7860
HEALTHCHECK --start-period=2m --interval=30s --timeout=10s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:7860', timeout=9)"]
CMD ["python", "app.py"]
