#!/bin/sh
# Makes images for tests in containers where the official ones cannot be pulled, from what this machine has: Debian by
# debootstrap (as root) with its Postgres, the compiled binaries, and this machine's Node and npm. Run after the build.
# Prints the settings that name them: for the tests that use containers, and for docker-compose.yml.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
PATH="$root/node_modules/.bin:$PATH"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

binary() {
  node --input-type=module -e "
    const { resolveBinary } = await import('$root/libs/toolchain/dist/index.js');
    console.log((await resolveBinary('$1')).path);"
}

if ! docker image inspect syncline-base:stand-in > /dev/null 2>&1; then
  debootstrap --variant=minbase --include=postgresql-15,git,openssh-client,gpg,ca-certificates,wget bookworm "$work/debian" >&2
  tar -C "$work/debian" -c . | docker import - syncline-base:stand-in >&2
fi

mkdir "$work/nats"
cp "$(binary nats-server)" "$work/nats/nats-server"
cat > "$work/nats/Dockerfile" <<'END'
FROM syncline-base:stand-in
COPY nats-server /nats-server
EXPOSE 4222
ENTRYPOINT ["/nats-server"]
END
docker build -q -t syncline-nats:stand-in "$work/nats" >&2

mkdir "$work/postgres"
cat > "$work/postgres/entry.sh" <<'END'
#!/bin/sh
# As the official image: takes POSTGRES_USER, POSTGRES_PASSWORD or its file, POSTGRES_DB and PGDATA, starts once before it
# listens, runs as whom the container runs, and as postgres where that is root.
set -eu
bin=/usr/lib/postgresql/15/bin
data=${PGDATA:-/var/lib/postgresql/data}
database=${POSTGRES_DB:-$POSTGRES_USER}
run() { if [ "$(id -u)" = 0 ]; then su postgres -c "$*"; else sh -c "$*"; fi; }
shift
if [ ! -s "$data/PG_VERSION" ]; then
  mkdir -p "$data"
  password=$(mktemp)
  if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then cat "$POSTGRES_PASSWORD_FILE"; else printf %s "$POSTGRES_PASSWORD"; fi > "$password"
  [ "$(id -u)" != 0 ] || chown postgres "$data" "$password"
  run "$bin/initdb -D $data -U $POSTGRES_USER -A scram-sha-256 --pwfile $password -E UTF8 --locale C.UTF-8"
  echo 'host all all all scram-sha-256' >> "$data/pg_hba.conf"
  run "$bin/pg_ctl -D $data -o '-c listen_addresses=' -w start"
  if [ "$database" != postgres ]; then
    PGPASSWORD=$(cat "$password") "$bin/createdb" -h /var/run/postgresql -U "$POSTGRES_USER" "$database"
  fi
  run "$bin/pg_ctl -D $data -m fast -w stop"
  rm "$password"
fi
if [ "$(id -u)" = 0 ]; then exec su postgres -c "$bin/postgres -D $data -c listen_addresses='*' $*"; fi
exec "$bin/postgres" -D "$data" -c listen_addresses='*' "$@"
END
cat > "$work/postgres/Dockerfile" <<'END'
FROM syncline-base:stand-in
RUN useradd --uid 10001 --no-create-home syncline && chmod 3777 /run/postgresql
COPY entry.sh /entry.sh
RUN chmod +x /entry.sh
EXPOSE 5432
ENTRYPOINT ["/entry.sh"]
CMD ["postgres"]
END
docker build -q -t syncline-postgres:stand-in "$work/postgres" >&2

# Its kustomize and helm are found on the PATH by the build, which then compiles none: the image of Go has nothing in it.
mkdir -p "$work/node/bin" "$work/go/go"
cp "$(node -p process.execPath)" "$(binary kustomize)" "$(binary helm)" "$work/node/bin"
cp -rL "$(dirname "$(readlink -f "$(command -v npm)")")/.." "$work/node/npm"
# Whom this machine trusts, a proxy in front of the registry among them.
cp /etc/ssl/certs/ca-certificates.crt "$work/node/authorities.crt"
cat > "$work/node/Dockerfile" <<'END'
FROM syncline-base:stand-in
COPY bin /usr/local/bin
COPY npm /usr/local/lib/node_modules/npm
COPY authorities.crt /etc/ssl/authorities.crt
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/authorities.crt
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
END
docker build -q -t syncline-node:stand-in "$work/node" >&2
cat > "$work/go/Dockerfile" <<'END'
FROM scratch
COPY go /usr/local/go
END
docker build -q -t syncline-go:stand-in "$work/go" >&2

cat <<'END'
SYNCLINE_TESTKIT=containers
SYNCLINE_TESTKIT_NATS_IMAGE=syncline-nats:stand-in
SYNCLINE_TESTKIT_POSTGRES_IMAGE=syncline-postgres:stand-in
TESTCONTAINERS_RYUK_DISABLED=true
SYNCLINE_NATS_IMAGE=syncline-nats:stand-in
SYNCLINE_POSTGRES_IMAGE=syncline-postgres:stand-in
SYNCLINE_NODE_IMAGE=syncline-node:stand-in
SYNCLINE_GO_IMAGE=syncline-go:stand-in
END
