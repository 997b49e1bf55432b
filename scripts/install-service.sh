#!/usr/bin/env bash
# Makes a pipeline a service of systemd, or takes that back. `--help` says how.
set -euo pipefail

usage() {
  cat <<'TEXT'
Makes a pipeline a service of systemd: millrace-NAME.service.

  install-service.sh CONFIG [--user | --as USER] [--name NAME] [--node PATH] [--no-start] [--dry-run]
  install-service.sh --uninstall NAME [--user] [--dry-run]

  CONFIG        the configuration file of the pipeline; it is checked first
  --user        a service of the user who calls this, without root
  --as USER     the user that it runs as; by default the owner of CONFIG
  --name NAME   of the service; by default that of the pipeline
  --node PATH   the node to run it with; by default the one in PATH
  --no-start    install and enable it, but do not start it now
  --dry-run     say what would be done, print the unit, and do nothing
  --uninstall   stop it (which drains) and remove it; its state stays
TEXT
}

fail() {
  echo "install-service.sh: $1" >&2
  exit 2
}

say() { echo "$1" >&2; }

# Says a command, and runs it unless this is a dry run.
act() {
  say "  $*"
  [ -n "$dry_run" ] || "$@"
}

# As systemd reads one word of a command line.
quoted() {
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//\$/\$\$}
  printf '"%s"' "${text//%/%%}"
}

# As systemd reads a path that is a whole value.
plain() { printf '%s' "${1//%/%%}"; }

here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
bin=$here/../dist/cli/bin.js
config='' name='' as='' node='' scope='system' dry_run='' start=yes uninstall=''

value_of() { [ $# -ge 2 ] && [ -n "$2" ] || fail "$1 needs a value"; }

while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --user) scope=user ;;
    --dry-run) dry_run=yes ;;
    --no-start) start='' ;;
    --as) value_of "$@"; as=$2; shift ;;
    --name) value_of "$@"; name=$2; shift ;;
    --node) value_of "$@"; node=$2; shift ;;
    --uninstall) value_of "$@"; uninstall=$2; shift ;;
    -*) fail "unknown option $1; --help lists those there are" ;;
    *) [ -z "$config" ] || fail "one CONFIG at a time, not $config and $1"; config=$1 ;;
  esac
  shift
done

[ "$scope" = system ] || [ -z "$as" ] || fail '--user runs as the user who calls this; leave --as out'
[ -n "$dry_run" ] || [ "$scope" = user ] || [ "$(id -u)" -eq 0 ] || fail 'a service of the system needs root: call it with sudo, or give --user'
[ -n "$dry_run" ] || command -v systemctl >/dev/null || fail 'there is no systemctl here; see docs/running-as-a-service.md for pm2'

if [ "$scope" = user ]; then
  systemctl=(systemctl --user)
  units=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user
else
  systemctl=(systemctl)
  units=/etc/systemd/system
fi

is_name() { [[ $1 =~ ^[A-Za-z0-9-]+$ ]]; }

if [ -n "$uninstall" ]; then
  [ -z "$config" ] || fail "--uninstall takes the name of a pipeline, and no CONFIG"
  is_name "$uninstall" || fail "a name has letters, digits and -, and not: $uninstall"
  unit=$units/millrace-$uninstall.service
  [ -e "$unit" ] || fail "there is no $unit; \`${systemctl[*]} list-units 'millrace-*'\` lists what is installed"
  say "Removing $unit; it drains first. Its state stays where it is."
  act "${systemctl[@]}" disable --now "millrace-$uninstall.service"
  act rm "$unit"
  act "${systemctl[@]}" daemon-reload
  exit 0
fi

[ -n "$config" ] || fail 'name the configuration file of the pipeline; --help shows how'
[ -f "$config" ] || fail "there is no file $config"
config=$(readlink -f "$config")
[ -f "$bin" ] || fail "there is no $bin; build millrace first (npm run build)"
bin=$(readlink -f "$bin")
node=${node:-$(command -v node || true)}
[ -n "$node" ] || fail 'there is no node in PATH; name one with --node'
[ -x "$node" ] || fail "$node is not a program; name another with --node"
node=$(readlink -f "$node")
for path in "$config" "$bin" "$node"; do
  [[ $path != *$'\n'* ]] || fail "a path with a line end cannot stand in a unit: $path"
  # PrivateTmp= gives the service others.
  [ "$scope" = user ] || [[ ! $path =~ ^(/var)?/tmp/ ]] || fail "a service of the system does not see $path, because it has a /tmp of its own; move it elsewhere, or give --user"
done

if [ "$scope" = user ]; then
  as=$(id -un)
else
  as=${as:-$(stat -c %U "$config")}
  id -u "$as" >/dev/null 2>&1 || fail "there is no user $as; name one with --as"
fi

# Code of the user's is loaded, so not with more rights than the service will have.
as_user=()
if [ "$(id -un)" != "$as" ]; then
  [ "$(id -u)" -eq 0 ] || fail "only root and $as can check $config; call it with sudo"
  as_user=(runuser -u "$as" --)
fi
checked=$("${as_user[@]}" "$node" "$bin" check "$config" --json) || fail "$config cannot run as it is; see above"
read -r found stop < <("$node" -e '
  const { name, shutdown } = JSON.parse(process.argv[1])
  console.log(name, Math.ceil(shutdown.timeout / 1000) + 15)' "$checked")
name=${name:-$found}
is_name "$name" || fail "a name has letters, digits and -, and not: $name"

filled() {
  local markers
  [ "$scope" = system ] && markers='/^# [{]system only$/d; /^# [}]$/d' || markers='/^# [{]system only$/,/^# [}]$/d'
  local target=multi-user.target text
  [ "$scope" = system ] || target=default.target
  text=$(sed "1,/^$/d; $markers" "$here/millrace.service")
  text=${text//@NAME@/"$name"}
  text=${text//@USER@/"$as"}
  text=${text//@UID@/"$(id -u "$as")"}
  text=${text//@FOLDER@/"$(plain "$(dirname "$config")")"}
  text=${text//@NODE@/"$(quoted "$node")"}
  text=${text//@BIN@/"$(quoted "$bin")"}
  text=${text//@CONFIG@/"$(quoted "$config")"}
  text=${text//@STOP@/"$stop"}
  text=${text//@TARGET@/"$target"}
  printf '# Made by millrace (scripts/install-service.sh). For changes: systemctl edit millrace-%s\n\n%s\n' "$name" "$text"
}

verify() {
  command -v systemd-analyze >/dev/null || return 0
  # Only within a session can a user's own manager be asked.
  [ "$scope" = system ] || [ -n "${XDG_RUNTIME_DIR:-}" ] || return 0
  local folder
  folder=$(mktemp -d)
  filled >"$folder/millrace-$name.service"
  systemd-analyze verify "--$scope" "$folder/millrace-$name.service" >&2 || {
    rm -r "$folder"
    fail 'systemd does not accept the unit; see above'
  }
  rm -r "$folder"
}

unit=$units/millrace-$name.service
verify
if [ -n "$dry_run" ]; then
  say "This would be $unit, for $as:"
  filled
else
  say "Writing $unit, to run $config as $as:"
  mkdir -p "$units"
  filled >"$unit"
fi
act "${systemctl[@]}" daemon-reload
act "${systemctl[@]}" enable "millrace-$name.service"
[ -z "$start" ] || act "${systemctl[@]}" restart "millrace-$name.service"
say "How it is: ${systemctl[*]} status millrace-$name"
[ "$scope" = system ] || say "It runs while you are logged in; \`loginctl enable-linger\` lets it run without you."
