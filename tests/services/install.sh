#!/bin/sh
# Installs what some tests talk to. Without root or a package manager those tests skip and say why.
set -u
missing=""
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v msgcat >/dev/null 2>&1 || missing="$missing gettext"
command -v /usr/sbin/opendkim >/dev/null 2>&1 || missing="$missing opendkim"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing for the tests:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 - the names are words on purpose
    { apt-get update -qq && apt-get install -qq -y --no-install-recommends $missing; } >/dev/null 2>&1 ||
        echo "They cannot be installed; tests that need them skip." >&2
else
    echo "Not installed:$missing; tests that need them skip." >&2
fi
exit 0
