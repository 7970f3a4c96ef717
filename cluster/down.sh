# `down`: ends every process of the cluster, and with them its namespaces, mounts and interfaces; `--purge` removes the rest.
# shellcheck shell=bash

cluster_down() {
  local purge='' remove=''
  while (($#)); do
    case $1 in
      --purge) purge=yes ;;
      --packages) remove=yes ;;
      *) die "usage: cluster down [--purge [--packages]]" ;;
    esac
    shift
  done
  [[ -z $remove || -n $purge ]] || die "--packages goes with --purge only"
  state_lock
  cluster_end
  packages_policy_back
  if [[ -n $purge ]]; then
    cluster_purge "$remove"
    say "down, nothing left of it in $state"
  else
    # A lock on a cluster that never was leaves no folder.
    rmdir "$state" 2>/dev/null || true
    say "down"
  fi
}

# Daemons that keep records end politely, the controller first as the others serve it. All else is killed.
cluster_end() {
  local service
  processes_wake
  if holder head >/dev/null; then
    if [[ -n $(daemon_pid head slurmctld slurm) ]]; then inside head timeout 3 scancel --partition=batch >/dev/null 2>&1 || true; fi
    for service in slurmrestd slurmctld slurmdbd database; do service_signal TERM "$service"; done
  fi
  members_kill
  rm -f "$state"/hosts/*/holder
}

cluster_purge() {
  if [[ ! -e $state/cluster-name ]]; then
    rmdir "$state" 2>/dev/null || say "$state holds no cluster and stays"
    return 0
  fi
  if [[ -n $1 ]]; then
    packages_remove
  elif [[ -s $state/packages.added ]]; then
    say "these Debian packages were added and stay: $(xargs <"$state/packages.added")"
  fi
  users_remove
  # Not across a file system that someone mounted inside.
  rm -rf --one-file-system "$state" || die "$state could not be removed whole"
}
