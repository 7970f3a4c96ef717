# Checks of the cluster as a whole: from nothing, again, beside another, and gone.
# shellcheck shell=bash

# What of the machine a cluster must not change.
machine_seen() {
  ip -o link | awk '{ print $2 }'
  ip netns list
  findmnt --noheadings --list --output TARGET,SOURCE | grep -E 'assay-cluster-check|munge|mysqld|/etc' || true
  find /etc/hosts /etc/slurm /etc/containers /etc/ssl/certs/ca-certificates.crt /usr/sbin/policy-rc.d -type f -exec sha256sum {} + 2>/dev/null || true
  ls -d /run/munge/* /run/mysqld/* /run/netns/* /run/slurm* 2>/dev/null || true
  echo "$(hostname) $(readlink /proc/self/ns/net)"
}

marked() { grep -l -s -E " tmpfs assay-cluster:$1:" /proc/[0-9]*/mountinfo || true; }

check_up_from_nothing() {
  [[ ! -e $state ]]
  cluster up --nodes 4
  cluster status
  cp /proc/uptime "$work/up"
}

# The best of three: the machine may have other work.
check_second_up_is_quick() {
  local begin spent best=99999
  for _ in 1 2 3; do
    begin=${EPOCHREALTIME/./}
    cluster up
    spent=$(((${EPOCHREALTIME/./} - begin) / 1000))
    if ((spent < best)); then best=$spent; fi
  done
  echo "$best ms"
  ((best < 3000))
}

check_machine_untouched() {
  machine_seen >"$work/now"
  diff "$work/machine" "$work/now"
}

check_status_json() {
  local report
  report=$(cluster status --json)
  equal "$(jq -c '[.ok, (.nodes | length), .registry.anonymous, .registry.ci, ([.daemons[] | select(.pid == null)] | length)]' <<<"$report")" '[true,4,401,200,0]'
}

check_other_number() {
  cluster up --nodes 2
  equal "$(cluster exec -- sinfo --noheader --format='%D')" 2
  # Without --nodes it stays as it is.
  cluster up
  equal "$(cluster exec -- sinfo --noheader --format='%D')" 2
  refuse cluster up --nodes 0
  refuse cluster up --nodes 129
  cluster up --nodes 4
}

check_two_ups_at_once() {
  cluster down
  cluster up &
  local first=$!
  cluster up
  wait "$first"
  cluster status
  equal "$(pgrep -c -x -f 'assay-cluster:check:node4 infinity')" 1
}

check_two_clusters() {
  other up --nodes 2
  cluster status
  other status
  equal "$(other exec -- srun --nodes=2 hostname | sort | xargs)" "node1 node2"
  equal "$(other exec -- printenv HOME)" /var/lib/assay-cluster-checkb/shared/home/tester
  # shellcheck disable=SC2088
  equal "$(other exec -- bash -c 'echo ~tester')" /var/lib/assay-cluster-checkb/shared/home/tester
  other down
  cluster status
  equal "$(marked checkb)" ""
  other down --purge
  want test ! -e /var/lib/assay-cluster-checkb
  cluster status
}

check_down_is_quick() {
  local begin=${EPOCHREALTIME/./}
  cluster down
  echo "$(((${EPOCHREALTIME/./} - begin) / 1000)) ms"
  equal "$(marked check)" ""
  refuse cluster status
  # A second one has nothing to do.
  cluster down
}

check_purge_leaves_nothing() {
  cluster up
  # Some leftovers that try to stay: a process that ignores signals, one in its own session, a job.
  cluster exec -- bash -c 'trap "" TERM HUP; sleep 500 & disown; setsid sleep 501 & disown; sbatch --wrap "sleep 502"' >/dev/null
  cluster down --purge
  equal "$(marked check)" ""
  want test ! -e "$state"
  machine_seen >"$work/now"
  diff "$work/machine" "$work/now"
  refuse pgrep -x -f 'sleep 50[012]'
  if [[ -z $(marked '[a-z0-9]+') ]]; then
    refuse getent passwd tester
    refuse getent group assay
  else
    want getent passwd tester
  fi
}
