#!/usr/bin/env bash
# Makes Slurm's daemons and commands available on a Debian machine or CI runner; the tests start their own cluster with them.
# Run as root. Does nothing when they are there. Exit 0: ready; 1: cannot be made ready; 2: not root.
set -euo pipefail

fail() { echo "ensure-slurm: $1" >&2; exit "${2:-1}"; }

present() { [ -x /usr/sbin/slurmctld ] && [ -x /usr/sbin/slurmd ] && command -v sbatch >/dev/null; }

if ! present; then
  [ "$(id -u)" -eq 0 ] || fail "must run as root to install slurm-wlm" 2
  command -v apt-get >/dev/null || fail "needs slurm-wlm, and there is no apt-get here to install it"
  echo "ensure-slurm: installing slurm-wlm munge"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=300 update -q >/dev/null || fail "apt-get update failed"
  # The packages' start scripts fail where there is no init system; nothing of theirs is needed to run.
  apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends slurm-wlm munge >/dev/null || present || fail "apt-get could not install slurm-wlm"
fi
present || fail "slurmctld, slurmd or sbatch is missing after the installation"
echo "ensure-slurm: ready, $(slurmctld -V)"
