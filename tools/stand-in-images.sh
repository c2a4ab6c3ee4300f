#!/bin/sh
# Makes images of nats-server and Postgres for tests in containers where the official ones cannot be pulled, from what
# this machine has: the compiled nats-server, and Debian's Postgres by debootstrap (as root). Run after the build.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
PATH="$root/node_modules/.bin:$PATH"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

nats=$(node --input-type=module -e "
  const { resolveBinary } = await import('$root/libs/toolchain/dist/index.js');
  console.log((await resolveBinary('nats-server')).path);")
mkdir "$work/nats"
cp "$nats" "$work/nats/nats-server"
cat > "$work/nats/Dockerfile" <<'END'
FROM scratch
COPY nats-server /nats-server
EXPOSE 4222
ENTRYPOINT ["/nats-server"]
END
docker build -q -t syncline-nats:stand-in "$work/nats"

debootstrap --variant=minbase --include=postgresql-15 bookworm "$work/debian"
tar -C "$work/debian" -c . | docker import - syncline-postgres-base:stand-in
mkdir "$work/postgres"
cat > "$work/postgres/entry.sh" <<'END'
#!/bin/sh
# Takes POSTGRES_USER and POSTGRES_PASSWORD as the official image does, and starts once before it listens, as it does.
set -eu
bin=/usr/lib/postgresql/15/bin
data=/var/lib/postgresql/data
mkdir -p $data
printf %s "$POSTGRES_PASSWORD" > /tmp/password
chown postgres $data /tmp/password
su postgres -c "$bin/initdb -D $data -U $POSTGRES_USER -A scram-sha-256 --pwfile /tmp/password -E UTF8 --locale C.UTF-8"
rm /tmp/password
echo 'host all all all scram-sha-256' >> $data/pg_hba.conf
su postgres -c "$bin/pg_ctl -D $data -o '-c listen_addresses=' -w start && $bin/pg_ctl -D $data -m fast -w stop"
shift
exec su postgres -c "$bin/postgres -D $data -c listen_addresses='*' $*"
END
cat > "$work/postgres/Dockerfile" <<'END'
FROM syncline-postgres-base:stand-in
COPY entry.sh /entry.sh
RUN chmod +x /entry.sh
EXPOSE 5432
ENTRYPOINT ["/entry.sh"]
CMD ["postgres"]
END
docker build -q -t syncline-postgres:stand-in "$work/postgres"

cat <<'END'
SYNCLINE_TESTKIT=containers
SYNCLINE_TESTKIT_NATS_IMAGE=syncline-nats:stand-in
SYNCLINE_TESTKIT_POSTGRES_IMAGE=syncline-postgres:stand-in
TESTCONTAINERS_RYUK_DISABLED=true
END
