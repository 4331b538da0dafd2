#!/usr/bin/env bash
# Puts the official openai client for Node.js into artifacts/openai-client, and Node.js and npm on the machine when they are missing (as root).
# Exit 0: ready; 1: cannot be made ready; 2: not root.
set -euo pipefail

readonly VERSION=6.49.0
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
readonly FOLDER=$root/artifacts/openai-client

fail() { echo "ensure-openai-client: $1" >&2; exit "${2:-1}"; }

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  [ "$(id -u)" -eq 0 ] || fail "must run as root to install nodejs and npm" 2
  command -v apt-get >/dev/null || fail "needs nodejs and npm, and there is no apt-get here to install them"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=300 update -q >/dev/null || fail "apt-get update failed"
  apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends nodejs npm >/dev/null || fail "apt-get could not install nodejs and npm"
fi

mkdir -p "$FOLDER"
# One installer at a time: a second caller waits here and then finds the package.
exec 9>"$FOLDER/lock"
flock 9
if ! grep -qs "\"version\": \"$VERSION\"" "$FOLDER/node_modules/openai/package.json"; then
  [ -f "$FOLDER/package.json" ] || echo '{"private":true}' >"$FOLDER/package.json"
  npm install --prefix "$FOLDER" --no-audit --no-fund --loglevel=error "openai@$VERSION" >&2 || fail "npm could not install openai@$VERSION"
fi
