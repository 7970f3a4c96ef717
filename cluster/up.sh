# `up`: from whatever is there (nothing, a whole cluster, the rest of one) to a cluster that was seen to work.
# Every step looks first and does only what is missing, so a second call repairs, and a killed one is gone on with.
# shellcheck shell=bash

cluster_up() {
  local nodes='' before numbers
  while (($#)); do
    case $1 in
      --nodes) nodes=${2-} && shift ;;
      --nodes=*) nodes=${1#*=} ;;
      *) die "usage: cluster up [--nodes N]" ;;
    esac
    shift || die "--nodes needs a number"
    [[ $nodes =~ ^[1-9][0-9]{0,2}$ && $nodes -le $max_nodes ]] || die "--nodes takes a number from 1 to $max_nodes, not '$nodes'"
  done
  state_lock
  state_make
  before=$(cat "$state/nodes" 2>/dev/null || true)
  nodes=${nodes:-${before:-4}}
  packages_policy_back
  packages_install
  ulimit -n 65536 2>/dev/null || true
  ulimit -l unlimited 2>/dev/null || true
  mapfile -t numbers < <(seq "$nodes")

  if [[ -n $before && $before != "$nodes" ]] && holder head >/dev/null; then
    say "from $before to $nodes nodes: down first, running jobs end"
    cluster_end
  fi
  echo "$nodes" >"$state/nodes"
  processes_wake
  users_up
  hosts_file "$nodes"
  registry_configure
  slurm_configure "$nodes"
  if ! diff -rq "$state/etc/slurm.new" "$state/etc/slurm" >/dev/null; then
    if holder head >/dev/null; then
      say "Slurm's configuration changed: down first, running jobs end"
      cluster_end
    fi
    cp -a "$state/etc/slurm.new/." "$state/etc/slurm/"
  fi

  hosts_up "$nodes"
  munge_up
  database_up
  slurmdbd_up
  accounts_up
  slurmctld_up
  slurmrestd_up
  slurmds_up "${numbers[@]}"
  registry_up
  up_verify "$nodes"
  say "up: $nodes nodes and registry:5000, in $state"
}

# It is up when every node answers, an ordinary user's step ran on all of them, and accounting and registry answer. Where jobs
# hold nodes already, the step is left out: it would wait for them.
up_verify() {
  local nodes=$1 log=$state/log/verify.log states
  : >"$log"
  await $((30 + nodes / 2)) nodes_ready || {
    nodes_revive
    await 15 nodes_ready || die_of "these nodes are not ready: $(node_states | awk '$2 !~ /^(idle|mixed|allocated)$/' | head -8 | xargs)" "$state/log/slurmctld.log"
  }
  states=$(node_states)
  if ! grep -q -v ' idle$' <<<"$states"; then
    timeout 60 "$here/cluster" exec -- srun --immediate=30 --quiet --mpi=pmix --job-name=up --time=1 --nodes="$nodes" --ntasks-per-node=1 hostname >"$log" 2>&1 9<&- || true
    [[ $(grep -x -E 'node[0-9]+' "$log" | sort -u | wc -l) == "$nodes" ]] || die_of "a step on all $nodes nodes failed" "$log"
  fi
  timeout 20 "$here/cluster" exec -- sacct --noheader >"$log" 2>&1 9<&- || die_of "sacct does not answer" "$log"
  registry_answers || die_of "the registry answers $(registry_code) and $(registry_code ci), not 401 and 200" "$registry_log"
}
