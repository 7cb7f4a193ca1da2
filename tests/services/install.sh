#!/bin/sh
# Installs what some tests talk to. Without root or a package manager those tests skip and say why.
set -u
cd "$(dirname "$0")/../.." || exit 0

# Real bounces, which the source distribution of the bounce reader holds; the lock file has its hash.
corpus=.venv/bounce-corpus
version=$(sed -n 's/^flufl-bounce==\([^ ]*\).*/\1/p' requirements-dev.lock)
if [ -x .venv/bin/python ] && [ ! -f "$corpus/flufl_bounce-$version.tar.gz" ]; then
    mkdir -p "$corpus"
    awk '/^flufl-bounce==/ { found = 1 } found { print; if ($0 !~ /\\$/) exit }' \
        requirements-dev.lock >"$corpus/requirement"
    .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps \
        --no-build-isolation --no-binary :all: --require-hashes -r "$corpus/requirement" \
        --dest "$corpus" >/dev/null 2>&1 ||
        echo "The corpus of bounces cannot be had; the test that needs it skips." >&2
fi

missing=""
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v msgcat >/dev/null 2>&1 || missing="$missing gettext"
command -v /usr/sbin/opendkim >/dev/null 2>&1 || missing="$missing opendkim"
ls /usr/lib/dovecot/imap >/dev/null 2>&1 || missing="$missing dovecot-imapd"
PATH="$PATH:/usr/sbin" command -v smtp-sink >/dev/null 2>&1 || missing="$missing postfix"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v java >/dev/null 2>&1 || missing="$missing default-jre-headless"
command -v npm >/dev/null 2>&1 || missing="$missing npm"
# What reads the files in deploy/.
command -v caddy >/dev/null 2>&1 || missing="$missing caddy"
PATH="$PATH:/usr/sbin" command -v nginx >/dev/null 2>&1 || missing="$missing nginx"
command -v systemd-analyze >/dev/null 2>&1 || missing="$missing systemd"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
# What judges letters.
command -v spamassassin >/dev/null 2>&1 || missing="$missing spamassassin"
command -v swaks >/dev/null 2>&1 || missing="$missing swaks"
ls /usr/lib/dovecot/lmtp >/dev/null 2>&1 || missing="$missing dovecot-lmtpd"
ls /usr/share/fonts/truetype/liberation >/dev/null 2>&1 || missing="$missing fonts-liberation"
ls /usr/share/fonts/truetype/dejavu >/dev/null 2>&1 || missing="$missing fonts-dejavu"
command -v fc-match >/dev/null 2>&1 || missing="$missing fontconfig"
if [ -z "$missing" ]; then
    :
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing for the tests:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # The tests start servers of their own; the machine is to get none, now or when it starts again.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
    fi
    echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections 2>/dev/null
    # shellcheck disable=SC2086 - the names are words on purpose
    { apt-get update -qq && apt-get install -qq -y --no-install-recommends $missing; } >/dev/null 2>&1 ||
        echo "They cannot be installed; tests that need them skip." >&2
    for unit in $missing; do
        systemctl disable --quiet "$unit" >/dev/null 2>&1
    done
else
    echo "Not installed:$missing; tests that need them skip." >&2
fi

# What judges pages and letters; the lock file has their hashes, and nothing of theirs is run here.
judges=.venv/judges
if [ -d .venv ] && command -v npm >/dev/null 2>&1 &&
    ! cmp -s tests/services/npm/package-lock.json "$judges/package-lock.json"; then
    mkdir -p "$judges" && cp tests/services/npm/package.json "$judges/" &&
        cp tests/services/npm/package-lock.json "$judges/package-lock.json.new" &&
        mv "$judges/package-lock.json.new" "$judges/package-lock.json" &&
        npm ci --prefix "$judges" --ignore-scripts --no-audit --no-fund >/dev/null 2>&1 || {
        rm -f "$judges/package-lock.json"
        echo "The judges of pages and letters cannot be had; tests that need them skip." >&2
    }
fi
exit 0
