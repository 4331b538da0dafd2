#!/usr/bin/env bash
# Makes a Docker Engine and docker-compose available on a Debian machine or CI runner, with or without systemd.
# Run as root. Does nothing when `docker info` already answers. Exit 0: ready; 1: cannot be made ready; 2: not root.
set -euo pipefail

readonly WAIT_SECONDS=60
readonly STATE_DIR=/var/run/quorate-dockerd
readonly LOG_FILE=$STATE_DIR/dockerd.log
readonly PID_FILE=$STATE_DIR/dockerd.pid

fail() { echo "ensure-docker: $1" >&2; exit "${2:-1}"; }

answers() { timeout 10 docker info >/dev/null 2>&1; }

has_compose() { docker compose version >/dev/null 2>&1 || docker-compose version >/dev/null 2>&1; }

install_missing() {
  local packages=()
  command -v dockerd >/dev/null || answers || packages+=(docker.io)
  has_compose || packages+=(docker-compose)
  # The integration tests build their image from this one static binary, so no registry is needed.
  [ -x /bin/busybox ] && ! ldd /bin/busybox >/dev/null 2>&1 || packages+=(busybox-static)
  [ ${#packages[@]} -eq 0 ] && return
  [ "$(id -u)" -eq 0 ] || fail "must run as root to install ${packages[*]}" 2
  command -v apt-get >/dev/null || fail "needs ${packages[*]}, and there is no apt-get here to install them"
  echo "ensure-docker: installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=300 update -q >/dev/null || fail "apt-get update failed"
  # docker.io's start script fails where there is no init system; the engine is started below instead.
  apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends "${packages[@]}" iptables >/dev/null \
    || command -v dockerd >/dev/null || fail "apt-get could not install ${packages[*]}"
}

start_engine() {
  [ "$(id -u)" -eq 0 ] || fail "the engine does not answer; run this as root to start it" 2
  local binary
  binary=$(command -v dockerd || true)
  [ -n "$binary" ] || fail "dockerd is not installed"
  mkdir -p "$STATE_DIR"
  # One starter at a time: a second caller waits here and then finds the engine running.
  exec 9>"$STATE_DIR/lock"
  flock -w "$WAIT_SECONDS" 9 || fail "another start of the engine is stuck (lock $STATE_DIR/lock)"
  answers && return
  setsid "$binary" >"$LOG_FILE" 2>&1 </dev/null 9>&- &
  local pid=$!
  echo "$pid" >"$PID_FILE"
  for _ in $(seq $((WAIT_SECONDS * 2))); do
    answers && return
    kill -0 "$pid" 2>/dev/null || { tail -n 20 "$LOG_FILE" >&2; fail "dockerd ended at once; its log is $LOG_FILE"; }
    sleep 0.5
  done
  kill "$pid" 2>/dev/null || true
  tail -n 20 "$LOG_FILE" >&2
  fail "dockerd was not ready within $WAIT_SECONDS s; its log is $LOG_FILE"
}

install_missing
answers || start_engine
has_compose || fail "neither 'docker compose' nor docker-compose works"
echo "ensure-docker: ready, Engine $(docker version --format '{{.Server.Version}}')"
if [ -s "$PID_FILE" ] && kill -0 "$(cat "$PID_FILE")" 2>/dev/null; then
  echo "ensure-docker: started by this script; stop it with: kill $(cat "$PID_FILE")   (log: $LOG_FILE)"
fi
