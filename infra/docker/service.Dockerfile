# One image a service process; the workspace layout is kept, since Node strips no types below node_modules.
#   docker build -f infra/docker/service.Dockerfile --build-arg SERVICE=token-service .
ARG NODE_IMAGE=node:24-bookworm-slim
FROM ${NODE_IMAGE}
ARG SERVICE
ARG PNPM_VERSION=12.21.0
ENV NODE_ENV=production SERVICE=${SERVICE}
WORKDIR /app
COPY package.json pnpm-workspace.yaml pnpm-lock.yaml ./
COPY packages packages
COPY services services
# --no-optional leaves out the Node and PostgreSQL binaries that only the embedded stack needs.
RUN npx --yes pnpm@${PNPM_VERSION} install --frozen-lockfile --prod --no-optional --filter "@evergrant/${SERVICE}..." \
 && rm -rf /root/.npm /root/.cache
# What Node compiles stays in the image. Each program loads all of its modules, then ends because it is not configured. A process
# that finds them there does without the TypeScript compiler. Node reads only what its own user wrote.
ENV NODE_COMPILE_CACHE=/app/.compiled
RUN install -d -o node .compiled
USER node
RUN for program in main migrate; do \
      [ ! -e "services/$SERVICE/src/$program.ts" ] || ! node "services/$SERVICE/src/$program.ts" || exit 1; \
    done
CMD ["sh", "-c", "exec node services/$SERVICE/src/main.ts"]
