# The image of every role. Built from the lock, so that what runs is what was tested.
FROM node:20-slim AS ui
WORKDIR /opt/clew/services/web
COPY services/web .
RUN npm ci && CLEW_UI_OUT=/opt/ui npm run build

FROM python:3.11-slim
WORKDIR /opt/clew
COPY requirements/server.txt requirements/server.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/server.txt
COPY . .
COPY --from=ui /opt/ui services/clew/api/static
RUN pip install --no-cache-dir --no-deps . && useradd --home-dir /var/lib/clew --create-home clew
USER clew
ENV CLEW_HOME=/var/lib/clew
EXPOSE 7400
CMD ["clew", "up", "--host", "127.0.0.1"]
