FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt pyproject.toml README.md LICENSE ./
COPY bot bot
COPY handlers handlers
RUN pip install --no-cache-dir --requirement requirements.txt \
 && useradd --create-home --uid 10001 preload \
 && install --directory --owner preload /data
USER preload
VOLUME /data
ENV PORT=3000 DATABASE_URL=sqlite:////data/preload-bot.sqlite3
EXPOSE 3000
HEALTHCHECK CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/livez')"]
# By HTTP. For Socket Mode, after the image's name: preload-bot serve --socket-mode
# For several: preload-bot serve --role web, and --role worker, with DATABASE_URL=postgresql://…
# Settings that no variable is: mount a file at /app/preload-bot.toml, or name it in
# PRELOAD_BOT_SETTINGS.
CMD ["preload-bot", "serve"]
