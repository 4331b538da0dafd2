#!/usr/bin/env bash
# Installs RabbitMQ on a Debian machine when it is missing; the tests start brokers of their own. Run as root.
# Exit 0: there; 1: cannot be installed; 2: not root.
set -euo pipefail

fail() { echo "ensure-rabbitmq: $1" >&2; exit "${2:-1}"; }

[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] && exit 0
[ "$(id -u)" -eq 0 ] || fail "must run as root to install rabbitmq-server" 2
command -v apt-get >/dev/null || fail "needs rabbitmq-server, and there is no apt-get here to install it"
echo "ensure-rabbitmq: installing rabbitmq-server"
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=300 update -q >/dev/null || fail "apt-get update failed"
# RUNLEVEL=1: the package would start a broker that listens on every address.
RUNLEVEL=1 apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends rabbitmq-server >/dev/null || fail "apt-get could not install rabbitmq-server"
