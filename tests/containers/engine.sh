#!/usr/bin/env bash
# Makes sure a container engine answers; as root on Debian or Ubuntu, installs and starts one.
# Safe to run twice, also at once. On failure: one line on stderr, exit 1.
set -euo pipefail

fail() { echo "no container engine: $1" >&2; exit 1; }
answers() { docker info >/dev/null 2>&1; }

answers && exit
[[ -z ${DOCKER_HOST:-} ]] || fail "DOCKER_HOST is set, and nothing answers there"
[[ $(id -u) == 0 ]] || fail "docker does not answer, and only root can install and start it"
command -v apt-get >/dev/null || fail "docker does not answer, and there is no apt-get to install it with"

exec 9>"${TMPDIR:-/tmp}/peerledger-engine.lock"
flock 9
answers && exit

log=/var/log/peerledger-dockerd.log
[[ -w /var/log ]] || log=${TMPDIR:-/tmp}/peerledger-dockerd.log

export DEBIAN_FRONTEND=noninteractive
if ! type dockerd iptables mmdebstrap >/dev/null 2>&1; then
    { apt-get update && apt-get install -y --no-install-recommends docker.io iptables mmdebstrap; } \
        </dev/null >"$log" 2>&1 9>&- || fail "apt-get could not install docker.io, see $log"
fi

# A daemon that was killed leaves its pid behind; when another process has it by now, none would start.
for name in docker:dockerd docker/containerd/containerd:containerd; do
    pidfile=/var/run/${name%:*}.pid
    # A process that ended and was never waited for has no exe either.
    if [[ -f $pidfile && $(readlink "/proc/$(<"$pidfile")/exe") != */"${name#*:}" ]]; then
        rm -f "$pidfile"
    fi
done

# The package may have started the daemon; a second one sees its pid file and leaves.
# Without 9>&- the daemon would hold the lock for as long as it lives.
if [[ -d /run/systemd/system ]]; then
    systemctl start docker >>"$log" 2>&1 9>&- || fail "systemd could not start docker, see $log"
else
    setsid dockerd </dev/null >>"$log" 2>&1 9>&- &
fi
# A daemon that was killed first tidies up after itself, for up to half a minute.
for _ in {1..300}; do
    answers && exit
    sleep 0.2
done
fail "dockerd did not start, see $log"
