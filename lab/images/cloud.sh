#!/bin/bash
# Builds every image of lab/cloud from this tree and from Debian packages, where no image registry can be reached. The
# names are those of the public images that its Compose file asks for; one that came from a registry is left as it is.
# Run as root (it installs missing packages). Does nothing when all were built from the same sources already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
cd "$here/../.."

fail() { echo "cloud.sh: $1" >&2; exit 1; }

install_missing() {
  local packages=()
  [ -x /usr/lib/postgresql/15/bin/postgres ] || packages+=(postgresql-15)
  [ -x /usr/bin/redis-server ] || packages+=(redis-server)
  [ -x /usr/sbin/nginx ] || packages+=(nginx-light)
  [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || packages+=(rabbitmq-server)
  [ -x /usr/bin/prometheus ] || packages+=(prometheus)
  { [ -x /bin/busybox ] && ! ldd /bin/busybox > /dev/null 2>&1; } || packages+=(busybox-static)
  [ ${#packages[@]} -eq 0 ] && return
  [ "$(id -u)" -eq 0 ] || fail "must run as root to install ${packages[*]}"
  command -v apt-get > /dev/null || fail "needs ${packages[*]}, and there is no apt-get here to install them"
  echo "cloud.sh: installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=300 update -q > /dev/null || fail "apt-get update failed"
  # RUNLEVEL=1: the packages would start servers of their own.
  RUNLEVEL=1 apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends "${packages[@]}" > /dev/null ||
    fail "apt-get could not install ${packages[*]}"
}

# is_done IMAGE PACKAGE…: sets $hash from the packages' versions and these scripts; true when there is nothing to build.
is_done() {
  local image=$1
  shift
  hash=$({ dpkg-query -W "$@" busybox-static; hash_of "$here"; } | sha256sum | cut -c1-32)
  is_current "$image" "$hash" && return
  docker image inspect "$image" > /dev/null 2>&1 || return 1
  [ -z "$(docker image inspect -f '{{index .Config.Labels "quorate.sources"}}' "$image")" ] || return 1
  echo "$image comes from a registry and is left as it is"
}

build_postgres() {
  is_done postgres:15 postgresql-15 && return
  local bin=/usr/lib/postgresql/15/bin name
  new_root
  put_tools
  for name in postgres initdb pg_ctl createdb psql pg_isready; do put $bin/$name; done
  mkdir -p "$root/usr/lib/postgresql/15/lib" "$root/usr/share/postgresql" "$root/usr/share/zoneinfo" "$root/usr/lib/locale"
  # The just-in-time compiler is left out: PostgreSQL does without it, and it is larger than everything else.
  cp -a /usr/lib/postgresql/15/lib/*.so "$root/usr/lib/postgresql/15/lib/"
  rm -f "$root"/usr/lib/postgresql/15/lib/llvmjit*
  cp -a /usr/share/postgresql/15 "$root/usr/share/postgresql/"
  cp -aL /usr/share/zoneinfo/{UTC,Etc} "$root/usr/share/zoneinfo/"
  cp -a /usr/lib/locale/C.utf8 "$root/usr/lib/locale/"
  put_libraries "$root/usr/lib/postgresql"
  install -m 755 "$here/cloud/postgres.sh" "$root/usr/bin/entrypoint"
  add_user postgres 999 /var/lib/postgresql
  install -d -o 999 -g 999 "$root"/var/lib/postgresql{,/data} "$root/var/run/postgresql" "$root/docker-entrypoint-initdb.d"
  import postgres:15 "$hash" "ENV PATH=$bin:/usr/bin:/usr/sbin" 'ENV PGDATA=/var/lib/postgresql/data' 'ENV LANG=C.UTF-8' \
    'VOLUME /var/lib/postgresql/data' 'EXPOSE 5432' 'ENTRYPOINT ["entrypoint"]' 'CMD ["postgres"]'
}

build_redis() {
  is_done redis:7.0 redis-server redis-tools && return
  new_root
  put_tools
  put /usr/bin/redis-server
  put /usr/bin/redis-cli
  put_libraries "$root/usr/bin"
  add_user redis 999 /data
  install -d -o 999 -g 999 "$root/data"
  import redis:7.0 "$hash" 'VOLUME /data' 'WORKDIR /data' 'EXPOSE 6379' 'CMD ["redis-server"]'
}

build_nginx() {
  is_done nginx:1.22-alpine nginx nginx-light && return
  new_root
  put_tools
  put /usr/sbin/nginx
  put /etc/nginx/mime.types
  put_libraries "$root/usr/sbin"
  install -m 755 "$here/cloud/nginx.sh" "$root/usr/bin/entrypoint"
  add_user nginx 101 /tmp
  mkdir -p "$root"/etc/nginx/{conf.d,templates} "$root"/var/lib/nginx "$root"/var/log/nginx
  ln -sf /dev/stdout "$root/var/log/nginx/access.log"
  ln -sf /dev/stderr "$root/var/log/nginx/error.log"
  import nginx:1.22-alpine "$hash" 'EXPOSE 80' 'ENTRYPOINT ["entrypoint"]' 'CMD ["nginx","-g","daemon off;"]'
}

build_rabbitmq() {
  is_done rabbitmq:3.10-alpine rabbitmq-server erlang-base && return
  new_root
  put_tools
  cp -a /usr/lib/erlang /usr/lib/rabbitmq "$root/usr/lib/"
  ln -s ../lib/erlang/bin/erl ../lib/erlang/bin/escript "$root/usr/bin/"
  put_libraries "$root/usr/lib/erlang"
  add_user rabbitmq 100 /var/lib/rabbitmq
  install -d -o 100 -g 100 "$root"/var/lib/rabbitmq{,/mnesia} "$root/var/log/rabbitmq" "$root"/etc/rabbitmq{,/conf.d}
  : > "$root/etc/rabbitmq/rabbitmq-env.conf"
  import rabbitmq:3.10-alpine "$hash" 'ENV PATH=/usr/lib/rabbitmq/bin:/usr/bin:/usr/sbin' 'ENV HOME=/var/lib/rabbitmq' \
    'ENV LANG=C.UTF-8' 'ENV RABBITMQ_LOGS=-' 'VOLUME /var/lib/rabbitmq' 'EXPOSE 5672 15692' 'CMD ["rabbitmq-server"]'
}

build_prometheus() {
  is_done prom/prometheus:v2.42.0 prometheus && return
  new_root
  put_tools
  put /usr/bin/prometheus
  put /usr/bin/promtool
  put_libraries "$root/usr/bin"
  add_user nobody 65534 /prometheus
  install -d -o 65534 -g 65534 "$root/prometheus" "$root/etc/prometheus"
  import prom/prometheus:v2.42.0 "$hash" 'USER nobody' 'WORKDIR /prometheus' 'EXPOSE 9090' 'ENTRYPOINT ["/bin/prometheus"]' \
    'CMD ["--config.file=/etc/prometheus/prometheus.yml","--storage.tsdb.path=/prometheus"]'
}

build_app() {
  hash=$(hash_of lab/cloud/app lab/hosting lab/images/cloud.sh lab/images/lib.sh Directory.Build.props Directory.Packages.props global.json)
  is_current quorate/cloud:latest "$hash" && return
  new_root
  publish lab/cloud/app/Quorate.Lab.Cloud.csproj
  put_libraries "$root/app"
  # Loaded by name: passwords are checked and certificates made with OpenSSL.
  local library
  for library in /usr/lib/*-linux-gnu/lib{ssl,crypto}.so.3; do put "$library"; done
  add_user cloud 10001 /tmp
  install -d -o 10001 -g 10001 "$root/data"
  import quorate/cloud:latest "$hash" 'ENTRYPOINT ["/app/cloud"]' 'USER 10001:10001' 'WORKDIR /tmp' 'ENV DOTNET_EnableDiagnostics=0'
}

install_missing
for image in ${*:-postgres redis nginx rabbitmq prometheus app}; do "build_$image"; done
