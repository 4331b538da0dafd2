#!/usr/bin/env bash
# Breaks the cloud lab by hand in ways that the catalogue of faults does not hold, and lets the rulebook repair each.
# usage: eng/unlisted-faults.sh [NAME …]     (root; Docker on this machine; removes the cloud lab's volumes, and leaves it down)
# Prints a line for each, and how many were repaired; exit 1 when it was not all. Repaired: the triage says resolved, orders are
# taken, every service is healthy, and a second triage finds nothing wrong.
set -euo pipefail
cd "$(dirname "$0")/.."
quorate=${QUORATE_APP:-./quorate}
site=lab/cloud/compose.yml

fail() { echo "unlisted-faults: $1" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || fail "it has to be root: it works in the containers' namespaces"
case ${DOCKER_HOST:-unix://} in unix://*) ;; *) fail "DOCKER_HOST is $DOCKER_HOST; the engine has to be on this machine" ;; esac
# Whom docker talks to and which site Quorate loads are the same, and nothing but the lab as it is shipped.
export DOCKER_CONTEXT=default
unset COMPOSE_PROJECT_NAME "${!CLOUD_@}"
work=$(mktemp -d)
export QUORATE_HOME=${QUORATE_HOME:-$work/home}

container() {
  docker ps -aq --filter label=com.docker.compose.project=cloud --filter "label=com.docker.compose.project.working_dir=$PWD/lab/cloud" \
    --filter "label=com.docker.compose.service=$1" | head -1 | grep .
}
# The process of a container that runs on this very machine; nothing otherwise, so that no signal goes astray.
pid() {
  local id number
  id=$(container "$1") && number=$(docker inspect -f '{{.State.Pid}}' "$id") && [ "$number" -gt 1 ] && grep -q "$id" "/proc/$number/cgroup" && echo "$number"
}
hold() { local number; number=$(pid "$1") && kill -STOP "$number"; }
hold_children() { local number; number=$(pid "$1") && pkill -STOP -P "$number"; }
address() { docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$(container "$1")" | grep .; }
engine() { local verb=$1 service=$2 id; shift 2; id=$(container "$service") && docker "$verb" "$@" "$id"; }
run() { local service=$1 id; shift; id=$(container "$service") && docker exec ${as_user:+-u "$as_user"} "$id" "$@"; }
inside() { as_user=0 run "$@"; }
file() { local number; number=$(pid "$1") && [ -e "/proc/$number/root$2" ] && echo "/proc/$number/root$2"; }
net() { local service=$1 number; shift; number=$(pid "$service") && nsenter -t "$number" -n "$@"; }
sql() { local args=(); for s in "$@"; do args+=(-c "$s"); done; run db psql -q -v ON_ERROR_STOP=1 -U cloud -d "${database:-cloud}" "${args[@]}"; }
anew="SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'"
redis() { run cache redis-cli -e "$@"; }
rabbit() { run queue rabbitmqctl -q "$@"; }
reconnect() { rabbit close_all_connections anew; }
conf=/etc/nginx/conf.d/cloud.conf
nginx() { inside edge sh -c "$1" && inside edge nginx -s reload; }

declare -A faults=(
  [pg_readonly]='sql "ALTER SYSTEM SET default_transaction_read_only = on" "SELECT pg_reload_conf()"'
  [pg_nologin]='sql "ALTER ROLE app NOLOGIN" "$anew"'
  [pg_password]='sql "ALTER ROLE app PASSWORD '"'x'"'" "$anew"'
  [pg_statement_timeout]='sql "ALTER DATABASE cloud SET statement_timeout = 1" "$anew"'
  [pg_connection_limit]='sql "ALTER ROLE app CONNECTION LIMIT 0" "$anew"'
  [pg_table_renamed]='sql "ALTER TABLE orders RENAME TO orders_old"'
  [pg_check]='sql "ALTER TABLE orders ADD CONSTRAINT c CHECK (quantity > 100000) NOT VALID"'
  [pg_search_path]='sql "ALTER ROLE app SET search_path = nowhere" "$anew"'
  [pg_database_closed]='database=postgres sql "ALTER DATABASE cloud ALLOW_CONNECTIONS false" "$anew"'
  [pg_max_connections]='sql "ALTER SYSTEM SET max_connections = 4" "ALTER SYSTEM SET max_wal_senders = 0" && engine restart db'
  [pg_sigstop]='hold db'
  [pg_connect_revoked]='sql "REVOKE CONNECT ON DATABASE cloud FROM PUBLIC, app" "$anew"'
  [pg_schema_revoked]='sql "REVOKE USAGE ON SCHEMA public FROM PUBLIC, app"'
  [pg_row_security]='sql "ALTER TABLE orders ENABLE ROW LEVEL SECURITY"'
  [pg_trigger]='sql "CREATE FUNCTION nope() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION '"'no'"'; END \$\$" "CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION nope()"'
  [pg_table_locked]='sql "BEGIN; LOCK TABLE orders; SELECT pg_sleep(300)" & sleep 0.5'
  [redis_maxclients]='redis CONFIG SET maxclients 1'
  [redis_pause]='redis CLIENT PAUSE 120000'
  [redis_replica]='redis REPLICAOF 127.0.0.1 1'
  [redis_acl]='redis ACL SETUSER default -set -get'
  [redis_min_replicas]='redis CONFIG SET min-replicas-to-write 3'
  [redis_bind]='redis CONFIG SET bind 127.0.0.1'
  [redis_sigstop]='hold cache'
  [rabbit_user_deleted]='rabbit delete_user cloud'
  [rabbit_password]='rabbit change_password cloud wrong && reconnect'
  [rabbit_vhost_limit]='rabbit set_vhost_limits "{\"max-connections\":0}" && reconnect'
  [rabbit_user_limit]='rabbit set_user_limits cloud "{\"max-channels\":0}" && reconnect'
  [rabbit_message_ttl]='rabbit set_policy t . "{\"message-ttl\":1}" --apply-to queues'
  [rabbit_disk_limit]='rabbit set_disk_free_limit 100000GB'
  [rabbit_app_stopped]='rabbit stop_app'
  [rabbit_drained]='rabbit eval "rabbit_maintenance:drain()."'
  [rabbit_vhost_deleted]='rabbit delete_vhost /'
  [nginx_return]='nginx "sed -i \"s/location \\/orders {/location \\/orders { return 503;/\" $conf"'
  [nginx_port]='nginx "sed -i \"s/listen 8080/listen 8081/\" $conf"'
  [nginx_deny]='nginx "echo \"deny all;\" > /etc/nginx/conf.d/00-x.conf"'
  [nginx_timeout]='nginx "sed -i \"s/proxy_read_timeout 3s/proxy_read_timeout 1ms/\" $conf"'
  [nginx_file_gone]='nginx "rm $conf"'
  [nginx_stopped]='inside edge nginx -s stop'
  [nginx_workers_sigstop]='hold_children edge'
  [network_api_off]='engine network api disconnect cloud_cloud'
  [network_db_off]='engine network db disconnect cloud_cloud'
  [cpu_quota]='engine update api --cpus 0.02'
  [memory_quota]='engine update cache --memory 6m --memory-swap 6m'
  [two_stopped]='engine stop worker -t 1 && engine stop prometheus -t 1'
  [container_removed]='engine rm cache -f'
  [db_killed]='engine kill db'
  [edge_paused]='engine pause edge'
  [api_sigstop]='hold api'
  [worker_sigstop]='hold worker'
  [drop_to_db]='net api iptables -A OUTPUT -p tcp --dport 5432 -j DROP'
  [reject_at_cache]='net cache iptables -I INPUT -p tcp --dport 6379 -j REJECT'
  [drop_all_at_queue]='net queue iptables -P INPUT DROP'
  [blackhole]='there=$(address db) && net api ip route add blackhole "$there/32"'
  [link_down]='net worker ip link set eth0 down'
  [small_mtu]='net db ip link set eth0 mtu 68'
  [slow_link]='net cache tc qdisc add dev eth0 root tbf rate 2kbit burst 1600 latency 10s'
  [no_dns]='net api iptables -A OUTPUT -p udp --dport 53 -j DROP'
  [hosts_file]='path=$(file api /etc/hosts) && echo "10.255.255.1 db" >> "$path"'
  [resolv_conf]='path=$(file api /etc/resolv.conf) && echo "nameserver 10.255.255.1" > "$path"'
  [data_mode]='path=$(file api /data) && chmod 0 "$path"'
  [cache_disk_full]='path=$(file cache /data) && ! head -c 40000000 /dev/zero > "$path/x"'
  [crash_and_grant]='engine kill api && sql "REVOKE ALL ON orders FROM app"'
  [cache_and_queue]='engine kill cache && rabbit delete_queue orders'
)

order() { curl -s -o /dev/null -m 4 -w '%{http_code}' -H 'Content-Type: application/json' -d '{"item":"tea","quantity":1}' http://127.0.0.1:7901/orders || true; }
serves() { [ "$(order)" = 201 ] && "$quorate" site status --site "$site" > /dev/null; }
fresh() {
  "$quorate" site down --volumes --site "$site" > "$work/out" 2>&1 || { cat "$work/out" >&2; fail "the lab cannot be taken down"; }
  "$quorate" site up --site "$site" > "$work/out" 2>&1 || { cat "$work/out" >&2; fail "the lab does not come up"; }
  local i; for i in $(seq 60); do serves && break; sleep 0.5; done
  "$quorate" site baseline --site "$site" > "$work/out" 2>&1 || { cat "$work/out" >&2; fail "the lab does not get healthy"; }
}
word() { sed -n "s/^ *\"$1\": \"\([^\"]*\)\".*/\1/p" "$work/triage.json" | head -1; }

if [ $# -eq 0 ]; then mapfile -t names < <(printf '%s\n' "${!faults[@]}" | sort); else names=("$@"); fi
for name in "${names[@]}"; do [ -n "${faults[$name]:-}" ] || fail "no such fault: $name; there are $(printf '%s\n' "${!faults[@]}" | sort | tr '\n' ' ')"; done
trap '"$quorate" site down --volumes --site "$site" > /dev/null 2>&1; rm -rf "$work"' EXIT
fresh
repaired=0
for name in "${names[@]}"; do
  if ! eval "${faults[$name]}" > "$work/out" 2>&1; then
    echo "$name could not be made: $(tail -1 "$work/out")"
    fresh
    continue
  fi
  sleep 2.5
  before=$(order)
  began=$(date +%s%N)
  "$quorate" triage "customers report errors in the shop since a few minutes" --site "$site" --planner rulebook --yes --json > "$work/triage.json" 2> /dev/null || true
  took=$((($(date +%s%N) - began) / 1000000))
  sleep 1
  verdict=NOT
  if [ "$(word outcome)" = resolved ] && serves && "$quorate" triage "is all well?" --site "$site" --planner rulebook --json 2> /dev/null | grep -q '"outcome": "no_fault"'; then
    verdict=repaired
    repaired=$((repaired + 1))
  fi
  printf '%-24s %-8s orders before: %s, %s in %d.%d s, %s: %s\n' "$name" "$verdict" "$before" "$(word outcome)" $((took / 1000)) $((took % 1000 / 100)) \
    "$(word root_service)" "$(word root_cause | cut -c1-90)"
  [ "$verdict" = repaired ] || fresh
done
echo "$repaired of ${#names[@]} repaired"
[ "$repaired" -eq "${#names[@]}" ]
