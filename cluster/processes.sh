# The cluster's processes. Every host's /dev/shm is a tmpfs with the source `assay-cluster:NAME:HOST`, so each process shows in its
# mountinfo to which cluster and host it belongs. No pid file is trusted: nothing can go stale, and no foreign process is ever hit.
# shellcheck shell=bash

# One line a process: HOST PID PPID UID STATE COMMAND
processes() {
  { grep -H -o -s -E " tmpfs assay-cluster:$name:[a-z0-9]+ " /proc/[0-9]*/mountinfo || true; } | sort -u | awk -F'[/: ]+' '
    {
      pid = $3; host = $8; file = "/proc/" pid "/status"; comm = ""
      while ((getline line < file) > 0) {
        split(line, part, /[\t ]+/)
        if (part[1] == "Name:") comm = part[2]
        else if (part[1] == "State:") condition = part[2]
        else if (part[1] == "PPid:") parent = part[2]
        else if (part[1] == "Uid:") { uid = part[2]; break }
      }
      close(file)
      if (comm != "" && condition != "Z") print host, pid, parent, uid, condition, comm
    }'
}

# The pid of a host's holder, which keeps its namespaces alive; nothing if the host does not exist.
holder() {
  local pid
  { read -r pid <"$state/hosts/$1/holder"; } 2>/dev/null || return 1
  grep -q -s " tmpfs assay-cluster:$name:$1 " "/proc/$pid/mountinfo" && grep -q -s '^assay-cluster' "/proc/$pid/cmdline" && echo "$pid"
}

# inside HOST COMMAND...: runs it as root in a host's namespaces.
inside() {
  local pid
  pid=$(holder "$1") || die "host $1 is not there"
  shift
  env -i PATH="$daemon_path" HOME=/root LANG=C.UTF-8 nsenter --target "$pid" --net --mount --uts --ipc --wdns=/ -- "$@"
}

# daemon_pid HOST COMMAND USER: of several (a daemon forks), the one whose parent is none of them.
daemon_pid() {
  processes | daemon_pid_of "$1" "$2" "$(id -u "$3")"
}

daemon_pid_of() {
  awk -v host="$1" -v comm="$2" -v uid="$3" '
    $1 == host && $6 == comm && $4 == uid { parent[$2] = $3 }
    END { for (pid in parent) if (!(parent[pid] in parent)) { print pid; exit } }'
}

# launch HOST LOG COMMAND...: starts a daemon in a host, apart from this call: own session, no terminal, clean environment, no lock.
launch() {
  local log=$2 pid
  pid=$(holder "$1") || die "host $1 is not there"
  shift 2
  setsid env -i PATH="$daemon_path" HOME=/root LANG=C.UTF-8 nsenter --target "$pid" --net --mount --uts --ipc --wdns=/ -- "$@" </dev/null >>"$log" 2>&1 9<&- &
}

# Every process that carries the cluster's mark, and every other one that shares a network namespace with them.
members() {
  local pids
  mapfile -t pids < <(processes | awk '{ print $2 }')
  if ((${#pids[@]} == 0)); then return 0; fi
  find /proc/[0-9]*/ns/net -maxdepth 0 -printf '%p %l\n' 2>/dev/null | awk -F'[/ ]' -v pids="${pids[*]}" -v own="$(readlink /proc/1/ns/net)" '
    BEGIN { split(pids, list, " "); for (i in list) marked[list[i]] = 1 }
    { net[$3] = $6; if ($3 in marked && $6 != own) ours[$6] = 1 }
    END { for (pid in net) if (pid in marked || net[pid] in ours) print pid }'
}

# Daemons that a fault has paused run on: a paused one neither answers nor ends.
processes_wake() {
  local pids
  mapfile -t pids < <(processes | awk '$5 == "T" && $6 ~ /^(munged|mariadbd|slurmdbd|slurmctld|slurmrestd|slurmd|nginx|docker-registry)$/ { print $2 }')
  if ((${#pids[@]})); then kill -CONT "${pids[@]}" 2>/dev/null || true; fi
}

# Ends all of them.
members_kill() {
  local pids end=$((SECONDS + 20))
  while :; do
    mapfile -t pids < <(members)
    if ((${#pids[@]} == 0)); then return 0; fi
    ((SECONDS < end)) || die "these processes do not end: ${pids[*]}"
    kill -KILL "${pids[@]}" 2>/dev/null || true
    sleep 0.05
  done
}

# stop_daemon SIGNAL PID: and wait for its end.
stop_daemon() {
  kill "-$1" "$2" 2>/dev/null || return 0
  kill -CONT "$2" 2>/dev/null || true
  await 20 gone "$2" || kill -KILL "$2" 2>/dev/null || true
  await 5 gone "$2" || die "process $2 does not end"
}

gone() {
  local condition
  condition=$(awk '$1 == "State:" { print $2 }' "/proc/$1/status" 2>/dev/null) || return 0
  [[ -z $condition || $condition == Z ]]
}
