#!/usr/bin/env bash
# Prints the path of a nats-server, installing Debian's package when there is none and that is allowed.
# Prints a reason to stderr and exits 1 when there is none to be had.
set -euo pipefail

if path=$(PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v nats-server); then
  echo "$path"
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo 'no nats-server in PATH, and no apt-get to install it with' >&2
  exit 1
fi

if [ "$(id -u)" -eq 0 ]; then
  as_root=()
elif sudo -n true 2>/dev/null; then
  as_root=(sudo -n)
else
  echo 'no nats-server in PATH, and installing it (apt-get install nats-server) needs root' >&2
  exit 1
fi

install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends nats-server >&2
}

if ! install && ! { "${as_root[@]}" apt-get update >&2 && install; }; then
  echo 'no nats-server in PATH, and apt-get could not install the package nats-server' >&2
  exit 1
fi
# The package starts a service of its own; tests bring their own servers.
"${as_root[@]}" systemctl disable --now nats-server >/dev/null 2>&1 || true

PATH="$PATH:/usr/sbin" command -v nats-server
