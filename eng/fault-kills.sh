#!/usr/bin/env bash
# Kills injectors of faults at seeded moments, and measures how long it takes until everything is as it was.
# usage: eng/fault-kills.sh lab/cloud/compose.yml [KILLS] [SEED]     (root; the cloud lab is up on Docker, and nobody else breaks it)
# FAULTS="crash pause …" chooses among the faults; LONGEST_MS is the latest moment of a kill after the start (3000).
# Prints a line for each kill: after how long its fault was taken back and off the record, and what was left behind once the
# site was healthy. Exit 1 when a revert took longer than 5 s, something was left behind, or no fault was on record at all.
set -euo pipefail
cd "$(dirname "$0")/.."
site=${1:?usage: eng/fault-kills.sh lab/cloud/compose.yml [KILLS] [SEED]}
kills=${2:-100}
seed=${3:-1}
longest=${LONGEST_MS:-3000}
limit_ms=5000
quorate=${QUORATE_APP:-./quorate}
home=${QUORATE_HOME:-$HOME/.quorate}
work=$(mktemp -d)
victim=
trap '[ -z "$victim" ] || kill -KILL "$victim" 2> /dev/null; rm -rf "$work"' EXIT

fail() { echo "fault-kills: $1" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || fail "it has to be root: it looks into the containers' namespaces"
now_ms() { echo $(($(date +%s%N) / 1000000)); }
project=$("$quorate" site status --site "$site" --json | sed -n 's/.*"container_id": "\([0-9a-f]*\)".*/\1/p' | head -1 |
  xargs -r docker inspect -f '{{index .Config.Labels "com.docker.compose.project"}}') || true
[ -n "$project" ] || fail "the site does not run on Docker, or is not healthy"
container() { docker ps -aq --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$1"; }

# What the faults could have changed, in the words of those who have it: none of it is Quorate's.
fingerprint() {
  local id pid
  for id in $(docker ps -aq --filter "label=com.docker.compose.project=$project"); do
    docker inspect -f '{{.Name}} {{.State.Status}} {{.State.Paused}} {{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{range .Config.Env}}{{.}};{{end}}' "$id"
    pid=$(docker inspect -f '{{.State.Pid}}' "$id")
    [ "$pid" -gt 0 ] || continue
    printf '%s %s\n' "$(docker inspect -f '{{.Name}}' "$id")" "$(awk '{ print $3 == "T" ? "stopped" : "" }' "/proc/$pid/stat")"
    nsenter -t "$pid" -n iptables-save | grep -c -e 'fault-' || true
    nsenter -t "$pid" -n tc qdisc show | grep tbf || true
    cat "/proc/$pid/root/etc/resolv.conf"
  done | sort
  docker exec "$(container db)" psql -XqAt -U cloud -d cloud -c "SELECT relacl FROM pg_class WHERE relname = 'orders'" \
    -c "SELECT column_name FROM information_schema.columns WHERE table_name = 'orders' ORDER BY 1" \
    -c "SELECT type, database, user_name, address, auth_method FROM pg_hba_file_rules" \
    -c "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'fault-%'"
  docker exec "$(container cache)" redis-cli CONFIG GET 'max*' | paste - - | sort
  docker exec "$(container cache)" redis-cli TYPE order:1 | sed 's/none/string/'
  docker exec "$(container cache)" stat -c %a /data
  docker exec "$(container queue)" rabbitmqctl -q export_definitions - | tr ',' '\n' | sort
  docker exec "$(container queue)" rabbitmqctl -q eval 'vm_memory_monitor:get_vm_memory_high_watermark().' | tr -dc '0-9' | sed 's/000000$//'
  docker exec "$(container edge)" ls /etc/nginx/conf.d
  docker exec "$(container edge)" cat /etc/nginx/conf.d/cloud.conf
  own_root="/proc/$(docker inspect -f '{{.State.Pid}}' "$(container api)")/root"
  find "$own_root/data" -name 'fill-*'
  grep -lz '^QUORATE_FAULT=' /proc/[0-9]*/environ 2>/dev/null || true
}

# recorded: true while a fault of the site is on record
recorded() { compgen -G "$home/sites/$project-????????/faults/*.json" > /dev/null; }

settled() { local i; for i in $(seq 60); do "$quorate" site status --site "$site" > /dev/null && return; sleep 0.5; done; fail "the site does not get healthy"; }

read -ra faults <<< "${FAULTS:-$("$quorate" fault list | awk '/ docker/ { print $1 }' | tr '\n' ' ')}"
settled
fingerprint > "$work/before"
worst=0 late=0 left=0 effective=0
for ((i = 1; i <= kills; i++)); do
  read -r pick delay < <(awk -v s="$((seed * 100003 + i))" -v n="${#faults[@]}" -v l="$longest" 'BEGIN { srand(s); rand(); print int(rand() * n), int(rand() * l) }')
  fault=${faults[$pick]}
  "$quorate" fault inject "$fault" --hold --site "$site" > "$work/out" 2>&1 &
  victim=$!
  sleep "$(awk -v d="$delay" 'BEGIN { print d / 1000 }')"
  at=unrecorded
  if recorded; then at=recorded; effective=$((effective + 1)); fi
  kill -KILL "$victim" 2> /dev/null || true
  began=$(now_ms)
  wait "$victim" 2> /dev/null || true
  victim=
  if grep -q '^error:' "$work/out"; then cat "$work/out"; fi
  while recorded && [ $(($(now_ms) - began)) -lt 60000 ]; do sleep 0.05; done
  took=$(($(now_ms) - began))
  [ "$took" -le "$worst" ] || worst=$took
  [ "$took" -le "$limit_ms" ] || late=$((late + 1))
  [ "$at" = unrecorded ] || settled
  fingerprint > "$work/after"
  if diff "$work/before" "$work/after" > "$work/diff"; then difference=none; else difference=$(wc -l < "$work/diff"); left=$((left + 1)); cat "$work/diff"; fi
  echo "$i $fault killed after $delay ms ($at): back in $took ms, left behind: $difference"
done
echo "kills $kills, of them $effective with the fault on record; worst revert $worst ms; later than $limit_ms ms: $late; left something behind: $left"
[ "$late" -eq 0 ] && [ "$left" -eq 0 ] && [ "$effective" -gt 0 ]
