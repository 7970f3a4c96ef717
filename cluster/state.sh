# The cluster's name and folder, the lock on it, and the few helpers that every other file uses.
# shellcheck shell=bash

name=${ASSAY_CLUSTER_NAME:-assay}
if [[ $name == assay ]]; then
  state=${ASSAY_CLUSTER_STATE:-/var/lib/assay-cluster}
else
  state=${ASSAY_CLUSTER_STATE:-/var/lib/assay-cluster-$name}
fi
shared=$state/shared
daemon_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
max_nodes=128

say() { printf 'cluster: %s\n' "$*" >&2; }

die() {
  say "error: $*"
  exit 1
}

# Each host hides /tmp, /run and /dev/shm, so the folder must lie elsewhere.
state_check() {
  [[ $(id -u) == 0 ]] || die "this needs root"
  [[ $name =~ ^[a-z][a-z0-9]{0,15}$ ]] || die "ASSAY_CLUSTER_NAME must be 1 to 16 of a-z and 0-9, not '$name'"
  [[ $state =~ ^/[A-Za-z0-9._/-]+$ && $state != */../* && $state != */.. ]] || die "ASSAY_CLUSTER_STATE must be an absolute path of A-Z a-z 0-9 . _ - /, not '$state'"
  case $state/ in
    /tmp/* | /var/tmp/* | /run/* | /var/run/* | /dev/* | /proc/* | /sys/*) die "the cluster's folder may not lie in $state: each host has its own" ;;
  esac
  if [[ -e $state/cluster-name && $(<"$state/cluster-name") != "$name" ]]; then
    die "$state belongs to the cluster '$(<"$state/cluster-name")', not to '$name'"
  fi
}

# A folder that holds anything but a cluster (or its images, which may be built first) is never taken over, so that purge
# never removes anything else.
state_make() {
  if [[ ! -s $state/cluster-name ]]; then
    if [[ ! -e $state/cluster-name && -n $(ls -A --ignore images "$state") ]]; then die "$state is not empty and is not a cluster's"; fi
    mkdir -p "$state"
    printf '%s\n' "$name" >"$state/cluster-name"
  fi
  chmod 755 "$state"
  local folder
  for folder in etc etc/slurm munge munge/run database registry slurmctld log hosts shared shared/home shared/registry; do
    [[ -d $state/$folder ]] || mkdir -p "$state/$folder"
  done
}

# The lock is on the folder itself: nothing is left when the folder goes. Daemons are started without it (9<&-).
state_lock() {
  while :; do
    [[ -d $state ]] || mkdir -p "$state"
    exec 9<"$state"
    if ! flock --nonblock 9; then
      say "another call is at work on this cluster, waiting for it"
      flock --wait 1200 9 || die "the other call has not ended after 1200 s"
    fi
    # The one before may have purged the folder while this one waited.
    [[ $(stat -c %i "$state" 2>/dev/null) == $(stat -L -c %i /proc/self/fd/9) ]] && return 0
  done
}

# put FILE: standard input becomes the file's text, in place (some are bind-mounted). True if that changed it.
put() {
  local text
  text=$(cat)
  [[ -f $1 && $(<"$1") == "$text" ]] && return 1
  printf '%s\n' "$text" >"$1"
}

# await SECONDS COMMAND...: true as soon as the command is.
await() {
  local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
  shift
  until "$@"; do
    ((${EPOCHREALTIME/./} < end)) || return 1
    sleep 0.05
  done
}

# A failure names the daemon and shows the end of its log.
die_of() {
  local what=$1 log=$2
  say "error: $what"
  if [[ -s $log ]]; then
    say "the end of $log:"
    tail -n 8 "$log" | sed 's/^/    /' >&2
  fi
  exit 1
}
