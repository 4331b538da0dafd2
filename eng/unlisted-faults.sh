#!/usr/bin/env bash
# Breaks the cloud lab by hand in ways that the catalogue of faults does not hold, and lets the rulebook repair each.
# usage: eng/unlisted-faults.sh [NAME …]     (root, Docker; takes the cloud lab for itself: down, up, and down at the end)
# Prints a line for each; exit 1 when orders are not served again, or a service is not healthy again, after one of them.
# What may not be there after a repair is asked of a second incident, which must find nothing wrong.
set -euo pipefail
cd "$(dirname "$0")/.."
quorate=${QUORATE_APP:-./quorate}
site=lab/cloud/compose.yml
export QUORATE_HOME=${QUORATE_HOME:-$(mktemp -d)}

container() { docker ps -aq --filter label=com.docker.compose.project=cloud --filter "label=com.docker.compose.service=$1" | head -1; }
pid() { docker inspect -f '{{.State.Pid}}' "$(container "$1")"; }
address() { docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$(container "$1")"; }
inside() { local service=$1; shift; docker exec -u 0 "$(container "$service")" "$@"; }
files() { echo "/proc/$(pid "$1")/root"; }
net() { local service=$1; shift; nsenter -t "$(pid "$service")" -n "$@"; }
sql() { local args=(); for s in "$@"; do args+=(-c "$s"); done; docker exec "$(container db)" psql -q -U cloud -d "${database:-cloud}" "${args[@]}"; }
anew="SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'"
redis() { docker exec "$(container cache)" redis-cli "$@"; }
rabbit() { docker exec "$(container queue)" rabbitmqctl -q "$@"; }
reconnect() { rabbit close_all_connections anew; }
conf=/etc/nginx/conf.d/cloud.conf
nginx() { inside edge sh -c "$1"; inside edge nginx -s reload; }

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
  [pg_max_connections]='sql "ALTER SYSTEM SET max_connections = 4" "ALTER SYSTEM SET max_wal_senders = 0"; docker restart "$(container db)"'
  [pg_sigstop]='kill -STOP "$(pid db)"'
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
  [redis_sigstop]='kill -STOP "$(pid cache)"'
  [rabbit_user_deleted]='rabbit delete_user cloud'
  [rabbit_password]='rabbit change_password cloud wrong; reconnect'
  [rabbit_vhost_limit]='rabbit set_vhost_limits "{\"max-connections\":0}"; reconnect'
  [rabbit_user_limit]='rabbit set_user_limits cloud "{\"max-channels\":0}"; reconnect'
  [rabbit_message_ttl]='rabbit set_policy t . "{\"message-ttl\":1}" --apply-to queues'
  [rabbit_disk_limit]='rabbit set_disk_free_limit 100000GB'
  [rabbit_app_stopped]='rabbit stop_app'
  [rabbit_drained]='rabbit eval "rabbit_maintenance:drain()."'
  [rabbit_vhost_deleted]='rabbit delete_vhost /'
  [nginx_return]='nginx "sed -i \"s/location \\/ {/location \\/ { return 503;/\" $conf"'
  [nginx_port]='nginx "sed -i \"s/listen 8080/listen 8081/\" $conf"'
  [nginx_deny]='nginx "echo \"deny all;\" > /etc/nginx/conf.d/00-x.conf"'
  [nginx_timeout]='nginx "sed -i \"s/proxy_read_timeout 3s/proxy_read_timeout 1ms/\" $conf"'
  [nginx_file_gone]='nginx "rm $conf"'
  [nginx_stopped]='inside edge nginx -s stop'
  [nginx_workers_sigstop]='pkill -STOP -P "$(pid edge)"'
  [network_api_off]='docker network disconnect cloud_cloud "$(container api)"'
  [network_db_off]='docker network disconnect cloud_cloud "$(container db)"'
  [cpu_quota]='docker update --cpus 0.02 "$(container api)"'
  [memory_quota]='docker update --memory 6m --memory-swap 6m "$(container cache)"'
  [two_stopped]='docker stop -t 1 "$(container worker)" "$(container prometheus)"'
  [container_removed]='docker rm -f "$(container cache)"'
  [db_killed]='docker kill "$(container db)"'
  [edge_paused]='docker pause "$(container edge)"'
  [api_sigstop]='kill -STOP "$(pid api)"'
  [worker_sigstop]='kill -STOP "$(pid worker)"'
  [drop_to_db]='net api iptables -A OUTPUT -p tcp --dport 5432 -j DROP'
  [reject_at_cache]='net cache iptables -I INPUT -p tcp --dport 6379 -j REJECT'
  [drop_all_at_queue]='net queue iptables -P INPUT DROP'
  [blackhole]='net api ip route add blackhole "$(address db)/32"'
  [link_down]='net worker ip link set eth0 down'
  [small_mtu]='net db ip link set eth0 mtu 68'
  [slow_link]='net cache tc qdisc add dev eth0 root tbf rate 2kbit burst 1600 latency 10s'
  [no_dns]='net api iptables -A OUTPUT -p udp --dport 53 -j DROP'
  [hosts_file]='echo "10.255.255.1 db" >> "$(files api)/etc/hosts"'
  [resolv_conf]='echo "nameserver 10.255.255.1" > "$(files api)/etc/resolv.conf"'
  [data_mode]='chmod 0 "$(files api)/data"'
  [cache_disk_full]='inside cache head -c 40000000 /dev/zero > "$(files cache)/data/x" || true'
  [crash_and_grant]='docker kill "$(container api)"; sql "REVOKE ALL ON orders FROM app"'
  [cache_and_queue]='docker kill "$(container cache)"; rabbit delete_queue orders'
)

order() { curl -s -o /dev/null -m 4 -w '%{http_code}' -H 'Content-Type: application/json' -d '{"item":"tea","quantity":1}' http://127.0.0.1:7901/orders || true; }
serves() { [ "$(order)" = 201 ] && "$quorate" site status --site "$site" > /dev/null; }
fresh() {
  "$quorate" site down --volumes --site "$site" > /dev/null 2>&1
  "$quorate" site up --site "$site" > /dev/null 2>&1
  local i; for i in $(seq 60); do serves && break; sleep 0.5; done
  "$quorate" site baseline --site "$site" > /dev/null
}
word() { sed -n "s/^ *\"$1\": \"\([^\"]*\)\".*/\1/p" | head -1; }

if [ $# -eq 0 ]; then mapfile -t names < <(printf '%s\n' "${!faults[@]}" | sort); else names=("$@"); fi
trap '"$quorate" site down --volumes --site "$site" > /dev/null 2>&1' EXIT
fresh
repaired=0
for name in "${names[@]}"; do
  eval "${faults[$name]:?"no such fault: $name"}" > /dev/null 2>&1 || { echo "$name could not be made"; continue; }
  sleep 2.5
  before=$(order)
  began=$(date +%s%N)
  "$quorate" triage "customers report errors in the shop since a few minutes" --site "$site" --planner rulebook --yes --json > "$QUORATE_HOME/triage.json" 2> /dev/null || true
  took=$((($(date +%s%N) - began) / 1000000))
  sleep 1
  verdict=NOT
  if serves && "$quorate" triage "is all well?" --site "$site" --planner rulebook --json 2> /dev/null | grep -q '"outcome": "no_fault"'; then verdict=repaired; repaired=$((repaired + 1)); fi
  printf '%-24s %-8s orders before: %s, %s in %d.%d s, %s: %s\n' "$name" "$verdict" "$before" "$(word outcome < "$QUORATE_HOME/triage.json")" \
    $((took / 1000)) $((took % 1000 / 100)) "$(word root_service < "$QUORATE_HOME/triage.json")" "$(word root_cause < "$QUORATE_HOME/triage.json" | cut -c1-90)"
  [ "$verdict" = repaired ] || fresh
done
echo "$repaired of ${#names[@]} repaired"
[ "$repaired" -eq "${#names[@]}" ]
