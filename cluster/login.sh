# Commands in the cluster, as its users give them: `exec` and `shell`.
# shellcheck shell=bash

login_usage() {
  say "usage: cluster exec [--user NAME] [--node NAME] [--env NAME[=VALUE]]... [--] COMMAND..."
  exit 125
}

# Each program replaces the one before (this script, nsenter, setpriv, sh, env), so the caller's child is the command itself:
# signals, standard input and output and the exit code need no passing on. 125 is this tool's own failure.
login() {
  local shell=$1 user=tester node=head variables=() pid home
  shift
  while (($#)); do
    case $1 in
      --user) user=${2-} && shift ;;
      --user=*) user=${1#*=} ;;
      --node) node=${2-} && shift ;;
      --node=*) node=${1#*=} ;;
      --env)
        variables+=("${2-}")
        shift
        ;;
      --env=*) variables+=("${1#*=}") ;;
      --)
        shift
        break
        ;;
      -*) login_usage ;;
      *) break ;;
    esac
    shift || login_usage
  done
  if ((shell)); then
    if (($#)); then login_usage; fi
    set -- bash --login
  fi
  (($#)) || login_usage
  pid=$(holder "$node") || {
    say "host $node is not there: is the cluster up? (cluster up)"
    exit 125
  }
  id "$user" >/dev/null 2>&1 || {
    say "there is no user $user"
    exit 125
  }
  home=$(getent passwd "$user" | cut -d: -f6)
  case $user in tester | gatekeeper) home=$shared/home/$user ;; esac
  local environment=("HOME=$home" "USER=$user" "LOGNAME=$user" SHELL=/bin/bash "PATH=$daemon_path" LANG=C.UTF-8 "TERM=${TERM:-dumb}") variable
  for variable in "${variables[@]}"; do
    if [[ $variable == *=* ]]; then
      environment+=("$variable")
    elif [[ $variable =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]]; then
      # As it is in the caller's environment; left out if it is not there.
      if [[ -v $variable ]]; then environment+=("$variable=${!variable}"); fi
    else
      say "--env takes NAME or NAME=VALUE, not '$variable'"
      exit 125
    fi
  done
  umask 022
  # shellcheck disable=SC2016
  exec nsenter --target "$pid" --net --mount --uts --ipc --wdns=/ -- \
    setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups --inh-caps=-all -- \
    sh -c 'cd -- "$1" 2>/dev/null || cd -- "$2" 2>/dev/null || cd /; shift 2; exec env -i "$@"' sh "$PWD" "$home" "${environment[@]}" "$@"
}
