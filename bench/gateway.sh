#!/usr/bin/env bash
# Measures quorate's gateway beside nginx as a bare proxy and, when npm can fetch it, the Node gateway @portkey-ai/gateway: the same stub
# upstream without delay, wrk, one small chat request. Quorate runs its whole pipeline, audit included; its cache is off.
# Usage: bench/gateway.sh [SECONDS]   Needs wrk and nginx (apt-get install -y wrk nginx-light).
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
seconds=${1:-6}
command -v wrk >/dev/null && command -v nginx >/dev/null || { echo "gateway.sh: wrk and nginx are needed: apt-get install -y wrk nginx-light" >&2; exit 3; }
"$root/quorate" --version >/dev/null
app=$root/artifacts/publish/Quorate.Cli/release/quorate
[ -n "${DOTNET_ROOT:-}" ] || { DOTNET_ROOT=$(dirname "$(readlink -f "$(command -v dotnet)")"); export DOTNET_ROOT; }
work=$(mktemp -d)
started=()
trap 'for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"' EXIT

ports() { python3 -c 'import socket; s=[socket.socket() for _ in range(4)]; [x.bind(("127.0.0.1",0)) for x in s]; print(*[x.getsockname()[1] for x in s])'; }
read -r stub proxy gateway node < <(ports)
await() { for _ in $(seq 300); do (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return; sleep 0.1; done; echo "gateway.sh: nothing listens on $1" >&2; exit 1; }
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

mkfifo "$work/open"
"$app" bench gateway-stub --port "$stub" <"$work/open" >/dev/null & started+=($!)
exec 9>"$work/open"
cat >"$work/nginx.conf" <<X
worker_processes auto; daemon off; pid $work/nginx.pid; error_log $work/error.log;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path $work/body; proxy_temp_path $work/temp; fastcgi_temp_path $work/f; uwsgi_temp_path $work/u; scgi_temp_path $work/s;
  upstream up { server 127.0.0.1:$stub; keepalive 256; }
  server { listen 127.0.0.1:$proxy; keepalive_requests 100000000; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; } }
}
X
nginx -c "$work/nginx.conf" -e "$work/error.log" & started+=($!)
cat >"$work/quorate.json" <<X
{"models":{"stub-0-0-0":{"endpoint":"http://127.0.0.1:$stub/v1","model":"stub-0-0-0"}},"ask":{"cache":"off","concurrency":1024},"server":{"requests_per_minute":1000000}}
X
"$app" up --config "$work/quorate.json" --home "$work/home" --urls "http://127.0.0.1:$gateway" >/dev/null & quorate=$!; started+=("$quorate")
names=(direct nginx quorate) at=("$stub" "$proxy" "$gateway")
if command -v npm >/dev/null && npm install --prefix "$work/npm" --no-audit --no-fund --loglevel=error @portkey-ai/gateway >/dev/null 2>&1; then
  # The setting lets it call loopback addresses.
  TRUSTED_CUSTOM_HOSTS=127.0.0.1,localhost node "$work/npm/node_modules/@portkey-ai/gateway/build/start-server.js" --headless --port="$node" >/dev/null 2>&1 & started+=($!)
  names+=(node) at+=("$node")
fi
for port in "${at[@]}"; do await "$port"; done
cat >"$work/post.lua" <<X
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["x-portkey-provider"] = "openai"
wrk.headers["x-portkey-custom-host"] = "http://127.0.0.1:$stub/v1"
wrk.body = '{"model":"stub-0-0-0","messages":[{"role":"user","content":"How many services are up?"}]}'
X
for port in "${at[@]}"; do wrk -t1 -c16 -d3 -s "$work/post.lua" "http://127.0.0.1:$port/v1/chat/completions" >/dev/null; done
echo "load $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors, $(date -u +%F)"
printf '%-8s %5s %10s %10s %10s %8s %s\n' what conns req/s p50 p99 failed "CPU us/request"
for connections in 1 16 64; do
  for i in "${!names[@]}"; do
    before=$(ticks "$quorate")
    wrk -t1 -c"$connections" -d"$seconds" --latency -s "$work/post.lua" "http://127.0.0.1:${at[$i]}/v1/chat/completions" >"$work/out"
    used=$(($(ticks "$quorate") - before))
    awk -v what="${names[$i]}" -v conns="$connections" -v ticks="$used" '
      $1 == "50%" { p50 = $2 } $1 == "99%" { p99 = $2 } $1 == "Requests/sec:" { rate = $2 } $2 == "requests" { count = $1 } /Non-2xx/ { failed = $NF }
      END { if (what == "quorate" && count > 0) cpu = int(ticks * 10000 / count)
        printf "%-8s %5d %10.0f %10s %10s %8d %s\n", what, conns, rate, p50, p99, failed, cpu }' "$work/out"
  done
done
echo "quorate's peak memory: $(awk '/VmHWM/ { print int($2 / 1024) " MiB" }' "/proc/$quorate/status")"
