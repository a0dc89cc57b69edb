# Sourced by scripts/run and scripts/test; expects $root, the repository's absolute path.
# prepare_environment run|dev: makes or reuses $root/.venv with the pins of requirements/<name>.txt.
# A stamp inside .venv is removed before and written after each install, so that an interrupted one
# is never reused; it names the pins' checksum and the path, because a venv does not survive a move.

# What Python compiles of .venv is kept there: without, every process would compile all that it imports anew,
# and start a second or two later.
unset PYTHONDONTWRITEBYTECODE

say() { printf 'patchpilot: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Sets $python to the first candidate that is 3.11 or newer and can make a venv.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3.13 python3.12 python3.11 python3
    fi
    python= without_venv=
    for candidate in "$@"; do
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            python=$candidate
            return
        fi
        : "${without_venv:=$candidate}"
    done
    if [ -n "$without_venv" ]; then
        version=$("$without_venv" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        fail "Python $version has no venv module; install it with: apt install python$version-venv"
    fi
    [ -z "${PYTHON:-}" ] || fail "PYTHON=$PYTHON is not a Python 3.11 or newer."
    fail "no Python 3.11 or newer found; install one, or name yours: PYTHON=/path/to/python3 $0"
}

# A symlink is made in one step and holds its owner's process id: a lock that works everywhere.
lock_environment() {
    waiting=
    until ln -s "$$" "$root/.venv.lock" 2>/dev/null; do
        [ -w "$root" ] || fail "cannot write to $root, where the .venv folder belongs."
        owner=$(readlink "$root/.venv.lock") || continue
        if ! kill -0 "$owner" 2>/dev/null; then
            rm -f "$root/.venv.lock"
        else
            [ -n "$waiting" ] || say "waiting for process $owner, which is installing into .venv ..."
            waiting=yes
            sleep 1
        fi
    done
    trap 'rm -f "$root/.venv.lock"' EXIT
    trap 'exit 130' HUP INT TERM
}

unlock_environment() {
    rm -f "$root/.venv.lock"
    trap - EXIT HUP INT TERM
}

stamp_of() { printf '%s %s' "$(cksum <"$root/requirements/$1.txt")" "$root"; }

is_prepared() {
    [ -x "$root/.venv/bin/python" ] && [ -f "$root/.venv/pins-$1" ] &&
        [ "$(cat "$root/.venv/pins-$1")" = "$(stamp_of "$1")" ]
}

pip_install() {
    "$root/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "$@" ||
        fail "the install failed for the reason above; nothing half-made is kept, so just try again."
}

install_pins() {
    if is_prepared run; then
        python=
    else
        find_python
    fi
    say "installing the pinned packages into .venv (only when they changed; a minute or two) ..."
    rm -f "$root/.venv"/pins-*
    if [ -n "$python" ]; then
        rm -rf "$root/.venv"
        "$python" -m venv "$root/.venv" || fail "cannot make $root/.venv with $python."
    fi
    # Every package that is needed is among the pins; Python compiles what it comes to use.
    pip_install --require-hashes --no-deps --no-compile -r "$root/requirements/$1.txt"
    pip_install --no-deps --no-build-isolation --editable "$root"
    # The dev pins hold the run pins, so a dev environment serves scripts/run as well.
    stamp_of run >"$root/.venv/pins-run"
    [ "$1" = run ] || stamp_of "$1" >"$root/.venv/pins-$1"
}

prepare_environment() {
    is_prepared "$1" && return
    lock_environment
    if ! is_prepared "$1"; then
        install_pins "$1"
        say "installed."
    fi
    unlock_environment
}
