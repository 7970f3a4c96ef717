# Checks of repair: whatever was killed, wherever `up` was interrupted, the next `up` makes it whole.
# shellcheck shell=bash

check_killed_daemons_repaired() {
  local service
  for service in munge database slurmdbd slurmctld slurmrestd registry registry-store node2; do
    cluster service "$service" kill
    refuse cluster service "$service" status
    refuse cluster status >"$work/out"
    cluster up
    cluster status
  done
}

check_service_verbs() {
  local service
  for service in slurmctld slurmdbd registry node3; do
    cluster service "$service" status
    cluster service "$service" stop
    equal "$(cluster service "$service" status || true)" stopped
    cluster service "$service" start
    cluster service "$service" restart
    cluster service "$service" status
  done
  cluster service registry stop
  refuse cluster exec -- curl --silent https://registry:5000/v2/
  cluster service registry start
  cluster service registry-store stop
  equal "$(code ci https://registry:5000/v2/)" 502
  cluster service registry-store start
  equal "$(code ci https://registry:5000/v2/)" 200
  refuse cluster service nonsense stop
  refuse cluster service node9 stop
  refuse cluster service slurmctld nonsense
  cluster up
  cluster status
}

check_paused_controller() {
  cluster service slurmctld pause
  refuse cluster exec -- timeout 3 squeue
  cluster up
  cluster exec -- squeue
}

# A job outlives its slurmd for a while; a node whose slurmd stays away is taken for dead, and comes back.
check_dead_node_is_seen() {
  cluster service node4 kill
  local end=$((SECONDS + 90)) state
  until state=$(cluster exec -- sinfo --noheader --nodes=node4 --format=%T) && [[ $state == down* ]]; do
    ((SECONDS < end)) || { echo "still $state"; exit 1; }
    sleep 1
  done
  cluster up
  equal "$(cluster exec -- sinfo --noheader --nodes=node4 --format=%T)" idle
}

check_dead_hosts_repaired() {
  kill -KILL "$(<"$state/hosts/node3/holder")"
  cluster up
  cluster status
  kill -KILL "$(<"$state/hosts/head/holder")"
  cluster up
  cluster status
}

# All processes vanish at once, pid files stay, and one of the pids now belongs to somebody else.
check_after_reboot() {
  local bystander
  marked check | cut -d/ -f3 | xargs kill -KILL
  sleep 600 &
  bystander=$!
  echo "$bystander" | tee "$state"/hosts/*/holder "$state"/munge/run/munged.pid >/dev/null
  cluster up
  cluster status
  kill "$bystander"
}

# up_killed_after SECONDS
up_killed_after() {
  setsid "$here/cluster" up &
  local pid=$!
  sleep "$1"
  kill -KILL -- "-$pid" 2>/dev/null || true
  wait "$pid" || true
}

check_up_killed_in_the_middle() {
  local after
  for after in 0.1 0.3 0.5 0.8 1.2 1.6 2 2.5; do
    echo "killed after $after s"
    cluster down
    up_killed_after "$after"
    cluster up
    cluster status
  done
  # And several times without a `down` between.
  cluster down
  for after in 0.2 0.6 1 1.4; do up_killed_after "$after"; done
  cluster up
  cluster status
}

check_first_up_killed() {
  local after
  for after in 0.15 0.4 0.8 1.2 1.8 2.4 3 4; do
    echo "first up killed after $after s"
    cluster down --purge
    up_killed_after "$after"
    cluster up --nodes 4
    cluster status
  done
  cluster down --purge
  up_killed_after 1
  cluster down --purge
  want test ! -e "$state"
  equal "$(marked check)" ""
  cluster up --nodes 4
}
