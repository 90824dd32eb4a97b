# Sourced by deploy/run and tests/run, POSIX sh.
#
# environment VENV LOCK
#     Makes sure that VENV holds exactly what LOCK lists, then sets $python to its interpreter. Costs a few
#     milliseconds when there is nothing to do; otherwise deploy/environment.py makes VENV anew.

environment() {
    python=$1/bin/python
    if [ -x "$python" ] && made_from "$1" "$2" | cmp -s - "$1/made-from"; then
        return
    fi
    find_python
    "$found" -I "$(dirname "$2")/environment.py" "$1" "$2"
}

# The stamp that is written last: another Python (a symlink may lead elsewhere today), a moved folder or a changed
# lock make it differ.
made_from() {
    "$1/bin/python" -V 2>&1
    printf '%s\n' "$1"
    cat "$2"
}

find_python() {
    for found in python3 python3.13 python3.12 python3.11 python3.14; do
        # Asked and not only looked for: a name on PATH may be a shim with nothing behind it.
        if "$found" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            return
        fi
    done
    echo "flinks-pipeline needs Python 3.11 or newer, and there is none on PATH." >&2
    echo "Install it (Debian and Ubuntu: apt install python3 python3-venv; macOS: brew install python)." >&2
    exit 1
}
