#!/usr/bin/env bash
# Prints the path of systemd, installing Debian's package when there is none and that is allowed.
# Prints a reason to stderr and exits 1 when there is none to be had.
set -euo pipefail

find_systemd() {
  for path in /usr/lib/systemd/systemd /lib/systemd/systemd; do
    if [ -x "$path" ] && command -v systemctl >/dev/null; then
      echo "$path"
      exit 0
    fi
  done
}

find_systemd
if ! command -v apt-get >/dev/null; then
  echo 'there is no systemd, and no apt-get to install it with' >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo 'there is no systemd, and installing it (apt-get install systemd) needs root' >&2
  exit 1
fi
install() {
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends systemd >&2
}
if ! install && ! { apt-get update >&2 && install; }; then
  echo 'there is no systemd, and apt-get could not install the package' >&2
  exit 1
fi
find_systemd
echo 'the package systemd was installed, and there is no systemd in it' >&2
exit 1
