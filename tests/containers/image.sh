#!/usr/bin/env bash
# image.sh 15|17|python3.11|python3.13: builds an image of the tests unless it is there, and prints its tag: PostgreSQL, or
# Python as the base of the runner's.
# From Debian packages alone (mmdebstrap), or from the Dockerfile where a registry can be reached.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")

version=${1:-}
case $version in
    15 | python3.11) suite=bookworm ;;
    17 | python3.13) suite=trixie ;;
    *) echo "usage: image.sh 15|17|python3.11|python3.13" >&2; exit 2 ;;
esac
case $version in
    python*) packages=(python3 python3-venv passwd ca-certificates) kind=python ;;
    *) packages=(postgresql-"$version"{,-cron,-pgtap,-plpgsql-check}) kind=postgres ;;
esac
recipe=$(cat "$here/image.sh" "$here/Dockerfile" | sha256sum | cut -c1-12)
tag=peerledger-test-$kind:$version-$recipe

present() { docker image inspect "$tag" >/dev/null 2>&1; }

# The mirrors that this machine's apt uses, with the suite exchanged.
mirrors() {
    apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
        awk -v suite="$suite" '
            $1 != "Debian" { next }
            $3 ~ /-security/ { print "deb", $2, suite "-security main"; next }
            { print "deb", $2, suite, "main"; print "deb", $2, suite "-updates main" }' |
        sort -u
}

from_packages() {
    command -v mmdebstrap >/dev/null || return
    [[ $(id -u) != 0 ]] || apt-get update # whose package lists say which mirrors are Debian's
    mirrors >"$work/sources.list" && [[ -s $work/sources.list ]] || return
    # Proxy, certificates and the like; apt runs outside the new root, so host paths stay valid.
    apt-config dump --format '%F "%v";%n' Acquire | grep -v ::IndexTargets >"$work/apt.conf"
    mmdebstrap --quiet --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" \
        --aptopt="$work/apt.conf" \
        --essential-hook='mkdir -p "$1/etc/postgresql-common"' \
        --essential-hook='echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"' \
        --customize-hook='rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap" "$1/etc/apt/sources.list"' \
        "$suite" "$work/root.tar" "$work/sources.list" && docker import "$work/root.tar" "$tag"
}

from_registry() {
    docker build --tag "$tag" --build-arg BASE="debian:$suite-slim" --build-arg PACKAGES="${packages[*]}" "$here"
}

present && echo "$tag" && exit
exec 9>"${TMPDIR:-/tmp}/peerledger-image-$version.lock"
flock 9
if ! present; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    from_packages >&2 9>&- || from_registry >&2 9>&- || {
        echo "cannot build $tag: no Debian packages (mmdebstrap), and no image registry" >&2
        exit 1
    }
fi
echo "$tag"
