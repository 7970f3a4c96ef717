# Single daemons, stopped and started to make faults. A name may stand for two: the registry is nginx and the store behind it.
# shellcheck shell=bash

service_usage() { die "usage: cluster service munge|database|slurmdbd|slurmctld|slurmrestd|registry|registry-store|nodeN stop|start|kill|restart|pause|resume|status"; }

# HOST COMMAND USER of each daemon of a service.
service_daemons() {
  case $1 in
    munge) echo head munged munge ;;
    database) echo head mariadbd slurm ;;
    slurmdbd | slurmctld) echo head "$1" slurm ;;
    slurmrestd) echo head slurmrestd nobody ;;
    registry-store) echo head docker-registry docker-registry ;;
    registry)
      echo head nginx root
      service_daemons registry-store
      ;;
    node[1-9]*) echo "$1" slurmd root ;;
  esac
}

service_pids() {
  local host command user running
  running=$(processes)
  while read -r host command user; do
    daemon_pid_of "$host" "$command" "$(id -u "$user")" <<<"$running"
  done < <(service_daemons "$1")
}

# Workers of nginx go on serving after their master was killed, so they go with it.
service_signal() {
  local pid
  for pid in $(service_pids "$2"); do stop_daemon "$1" "$pid"; done
  if [[ $2 == registry ]]; then registry_front_clear; fi
}

service_start() {
  case $1 in
    munge) munge_up ;;
    database) database_up ;;
    slurmdbd) slurmdbd_up ;;
    slurmctld) slurmctld_up ;;
    slurmrestd) slurmrestd_up ;;
    registry) registry_up ;;
    registry-store) registry_store_up ;;
    node*) slurmds_up "${1#node}" ;;
  esac
}

cluster_service() {
  local service=${1-} action=${2-} pids
  [[ $# == 2 && -n $(service_daemons "$service") ]] || service_usage
  if [[ $service == node* ]]; then holder "$service" >/dev/null || die "there is no $service"; fi
  holder head >/dev/null || die "the cluster is not up"
  [[ $action == status ]] || state_lock
  case $action in
    start) service_start "$service" ;;
    stop) service_signal TERM "$service" ;;
    kill) service_signal KILL "$service" ;;
    restart)
      service_signal TERM "$service"
      service_start "$service"
      ;;
    pause | resume)
      mapfile -t pids < <(service_pids "$service")
      ((${#pids[@]})) || die "$service does not run"
      kill "-$([[ $action == pause ]] && echo STOP || echo CONT)" "${pids[@]}"
      ;;
    status)
      mapfile -t pids < <(service_pids "$service")
      if ((${#pids[@]} < $(service_daemons "$service" | wc -l))); then
        echo stopped
        exit 3
      fi
      echo "running ${pids[*]}"
      ;;
    *) service_usage ;;
  esac
}
