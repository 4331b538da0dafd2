#!/usr/bin/env bash
# Builds everything, installs what the tests need (Debian packages, when root), and runs all tests.
# Usage: ./test.sh [unit|simulation|integration]   The last line is "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
suites=${1:-unit simulation integration}
results=artifacts/test-results
mkdir -p "$results"

fail() { echo "test.sh: $1" >&2; echo "0 passed, 1 failed"; exit 1; }

./quorate --version >/dev/null || fail "the release build failed"
dotnet build Quorate.slnx -c Release -v quiet --nologo || fail "the build failed"
case $suites in
  *integration*)
    eng/ensure-docker.sh || fail "no Docker engine for the integration tests"
    eng/ensure-rabbitmq.sh || fail "no RabbitMQ for the integration tests"
    eng/ensure-slurm.sh || fail "no Slurm for the integration tests"
    eng/ensure-openai-client.sh || fail "no openai client for the integration tests"
    lab/images/build.sh || fail "the lab's image could not be built"
    lab/images/cloud.sh || fail "the cloud lab's images could not be built"
    ;;
esac

passed=0 failed=0 skipped=0 status=0
for suite in $suites; do
  name=Quorate.Tests.${suite^}
  log=$results/$suite.log
  "artifacts/bin/$name/release/$name" --no-ansi --no-progress 2>&1 | tee "$log" || status=1
  count() { grep -oE "^ *$1: [0-9]+" "$log" | grep -oE '[0-9]+' | tail -n 1; }
  p=$(count succeeded) f=$(count failed) s=$(count skipped)
  [ -n "$p" ] || { echo "test.sh: $name printed no summary" >&2; f=1; }
  passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0})) skipped=$((skipped + ${s:-0}))
done

[ "$failed" -eq 0 ] || status=1
if [ "${CI:-}" = true ] && [ "$skipped" -gt 0 ]; then
  echo "test.sh: skipped tests are failures under CI" >&2
  status=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
exit $status
