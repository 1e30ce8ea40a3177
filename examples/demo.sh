#!/bin/sh
# A tour of agentsync in one minute: install from a registry, edit, see the drift, update.
# Everything happens in a temporary folder that is removed at the end. Needs agentsync, git and
# python3 on PATH; `make demo` provides them.
set -eu

examples=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

mkdir "$work/home" "$work/shop"
HOME=$work/home
AGENTSYNC_CACHE_DIR=$work/cache
AGENTSYNC_CONFIG_DIR=$work/config
export HOME AGENTSYNC_CACHE_DIR AGENTSYNC_CONFIG_DIR
unset CLAUDE_CONFIG_DIR XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME

registry=$work/agents.git
agent=.claude/agents/fastapi-developer.md

say() { printf '\n# %s\n' "$*"; }

# Show a command, then run it.
run() {
    printf '$ %s\n' "$*"
    "$@"
}

# The same for a command that is to end in a given exit code: expect 1 agentsync drift
expect() {
    code=$1
    shift
    status=0
    run "$@" || status=$?
    printf '[exit %s]\n' "$status"
    test "$status" -eq "$code"
}

say "A team publishes version 1.0.0 of its agents: a git repository with a tag"
run python3 "$examples/publish.py" "$registry" --only 1.0.0

say "A project takes two packs from it"
cd "$work/shop"
run agentsync init
run agentsync registry add acme "$registry"
run agentsync add acme/python-backend acme/review
run agentsync list

say "What is on disk is what the lock says"
run agentsync drift

say "A colleague adds a rule of this project to an agent"
rule='In this project, every endpoint needs the scope of its router.'
printf '$ echo "%s" >> %s\n' "$rule" "$agent"
printf '\n%s\n' "$rule" >> "$agent"
expect 1 agentsync drift
run agentsync diff

say "Upstream publishes 1.1.0, which changes the same agent"
run python3 "$examples/publish.py" "$registry" --only 1.1.0
if agentsync update --help >/dev/null 2>&1; then
    run agentsync update
    say "The new version is here, and so is the rule"
    run tail -n 3 "$agent"
    expect 1 agentsync drift
else
    say "The project goes back to what its lock says; the edit is set aside"
    run agentsync restore
    run agentsync drift
fi
