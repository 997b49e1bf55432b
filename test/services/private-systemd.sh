#!/usr/bin/env bash
# Becomes a user's systemd in a place of its own: the mount namespace that it is called in (unshare -m), with
# an empty /run, and a control group below which nothing but its services is.
#
#   private-systemd.sh SYSTEMD HOME
set -euo pipefail
systemd=$1
export HOME=$2 XDG_CONFIG_HOME=$2/.config XDG_RUNTIME_DIR=/run/user

mount -t tmpfs tmpfs /run
# By this folder, programs tell that the machine runs systemd.
mkdir -p /run/systemd/system "$XDG_RUNTIME_DIR" "$XDG_CONFIG_HOME/systemd/user"
chmod 700 "$XDG_RUNTIME_DIR"
# What a sandbox puts over things that must not be seen. The systemd that boots a machine makes it.
hidden=/run/systemd/inaccessible
mkdir -p "$hidden/dir"
touch "$hidden/reg"
mknod "$hidden/chr" c 0 0
chmod 000 "$hidden"/*
# It takes the group that it is in for its root, and moves whatever is in there.
for hierarchy in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
  group=$hierarchy/millrace-test-$$
  if [ -e "$hierarchy/cgroup.procs" ] && mkdir "$group" 2>/dev/null; then echo $$ >"$group/cgroup.procs"; fi
done
unset DBUS_SESSION_BUS_ADDRESS NOTIFY_SOCKET NODE_OPTIONS
exec "$systemd" --user --log-target=console --log-level=info
