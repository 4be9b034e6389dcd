# The relay in a container: docs/running-a-relay.md
FROM node:24-trixie-slim

WORKDIR /opt/sotto-relay
COPY package.json package-lock.json ./
# With the packages that the packaged relay has bundled in: here it runs from its sources.
RUN npm ci --omit=optional --ignore-scripts && npm cache clean --force
COPY LICENSE ./
COPY src/shared src/shared
COPY src/protocol src/protocol
COPY src/engine src/engine
COPY src/host src/host
COPY src/relay src/relay
COPY src/cli src/cli
RUN printf '#!/bin/sh\nexec node /opt/sotto-relay/src/cli/relay.ts "$@"\n' > /usr/local/bin/sotto-relay \
  && chmod 755 /usr/local/bin/sotto-relay \
  && install -d -o node -g node -m 700 /var/lib/sotto-relay

USER node
ENV NODE_ENV=production SOTTO_RELAY_DATA=/var/lib/sotto-relay SOTTO_RELAY_HOST=0.0.0.0
VOLUME /var/lib/sotto-relay
EXPOSE 8433
HEALTHCHECK --interval=60s --timeout=10s --start-period=10s CMD ["sotto-relay", "admin", "health"]
ENTRYPOINT ["sotto-relay"]
