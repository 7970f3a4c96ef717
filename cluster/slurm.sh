# Slurm: its configuration, the accounting daemon, the controller, and one slurmd a node.
# shellcheck shell=bash

# Memory is only counted, never taken: each node says what it could have, between 1 and 4 GB.
slurm_memory() {
  awk -v nodes="$1" '$1 == "MemTotal:" { m = int($2 / 1024 / nodes / 256) * 256; print (m < 1024 ? 1024 : (m > 4096 ? 4096 : m)) }' /proc/meminfo
}

# Writes what shall be in /etc/slurm to slurm.new beside it: `up` compares the two before it changes anything.
slurm_configure() {
  local nodes=$1 memory new=$state/etc/slurm.new
  memory=$(slurm_memory "$nodes")
  chown slurm:slurm "$state/slurmctld" "$state/log"
  rm -rf "$new"
  mkdir "$new"
  [[ -s $state/etc/jwt_hs256.key ]] || openssl rand 32 >"$state/etc/jwt_hs256.key"
  chown slurm:slurm "$state/etc/jwt_hs256.key"
  chmod 600 "$state/etc/jwt_hs256.key"
  cat >"$new/slurm.conf" <<CONF
# Written by cluster/slurm.sh: $nodes pretended nodes on one machine.
ClusterName=$name
SlurmctldHost=head
SlurmUser=slurm
AuthType=auth/munge
# Tokens for slurmrestd: \`scontrol token\` as the user.
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key=$state/etc/jwt_hs256.key
StateSaveLocation=$state/slurmctld
SlurmdSpoolDir=$state/hosts/%n/spool
SlurmctldPidFile=/run/slurm/slurmctld.pid
SlurmdPidFile=/run/slurm/slurmd.pid
SlurmctldLogFile=$state/log/slurmctld.log
SlurmdLogFile=$state/log/%n.log
SlurmctldDebug=info
SlurmdDebug=info

# Several nodes on one machine: no control groups, no binding, and the CPUs that are written here.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=$((memory / 2))
MpiDefault=none

# Jobs start and end soon, and what hangs is noticed soon.
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=5,sched_min_interval=50000,bf_interval=5
CompleteWait=0
KillWait=5
MessageTimeout=10
SlurmctldTimeout=30
SlurmdTimeout=30
InactiveLimit=0
ReturnToService=2
JobRequeue=0

AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=head
AccountingStorageEnforce=associations
AccountingStoreFlags=job_comment
JobCompType=jobcomp/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=10

NodeName=node[1-$nodes] CPUs=2 Boards=1 SocketsPerBoard=1 CoresPerSocket=2 ThreadsPerCore=1 RealMemory=$memory State=UNKNOWN
PartitionName=batch Nodes=ALL Default=YES DefaultTime=01:00:00 MaxTime=1-00:00:00 State=UP
CONF
  cat >"$new/cgroup.conf" <<'CONF'
# Nothing here uses control groups. Naming a plugin keeps slurmd from looking for them, so it is all the same to it which
# version the machine has, and it leaves no group behind.
CgroupPlugin=cgroup/v1
CONF
  install -o slurm -g slurm -m 600 /dev/stdin "$new/slurmdbd.conf" <<CONF
AuthType=auth/munge
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key=$state/etc/jwt_hs256.key
DbdHost=head
SlurmUser=slurm
PidFile=/run/slurm/slurmdbd.pid
LogFile=$state/log/slurmdbd.log
DebugLevel=info
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=slurm
StorageLoc=slurm_acct_db
CONF
}

# slurm_launch HOST LOG COMMAND...: what a daemon says before it has opened its log is in LOG.start.
slurm_launch() {
  local host=$1 log=$state/log/$2
  shift 2
  : >"$log.start"
  launch "$host" "$log.start" "$@" -D
}

slurmdbd_up() {
  if [[ -z $(daemon_pid head slurmdbd slurm) ]]; then
    inside head chown slurm:slurm /run/slurm
    slurm_launch head slurmdbd slurmdbd
  fi
  await 30 slurmdbd_answers || die_of "slurmdbd does not answer" "$state/log/slurmdbd.start"
}

slurmdbd_answers() { inside head timeout 5 sacctmgr --noheader --parsable2 show cluster >/dev/null 2>&1; }

# The cluster, the account and its users, once.
accounts_up() {
  local have
  have=$(inside head sacctmgr --noheader --parsable2 show associations cluster="$name" format=account,user)
  if [[ $have != *"$account|tester"* || $have != *"$account|gatekeeper"* ]]; then
    {
      inside head sacctmgr --immediate add cluster "$name"
      inside head sacctmgr --immediate add account "$account" cluster="$name" description=acceptance organization=assay
      inside head sacctmgr --immediate add user "${users[0]},${users[1]}" cluster="$name" account="$account" defaultaccount="$account"
    } >>"$state/log/accounts.log" 2>&1 || true
    have=$(inside head sacctmgr --noheader --parsable2 show associations cluster="$name" format=account,user)
    [[ $have == *"$account|tester"* && $have == *"$account|gatekeeper"* ]] || die_of "the account $account could not be made" "$state/log/accounts.log"
  fi
}

slurmctld_up() {
  if [[ -z $(daemon_pid head slurmctld slurm) ]]; then
    inside head chown slurm:slurm /run/slurm
    slurm_launch head slurmctld slurmctld
  fi
  await 30 slurmctld_answers || die_of "slurmctld does not answer" "$state/log/slurmctld.start"
}

slurmctld_answers() { inside head timeout 5 scontrol ping 2>/dev/null | grep -q 'is UP'; }

# The REST API on port 6820 of the head, for tokens alone. It runs as nobody: whoever asks is who the token says.
slurmrestd_up() {
  if [[ -z $(daemon_pid head slurmrestd nobody) ]]; then
    : >"$state/log/slurmrestd.log"
    launch head "$state/log/slurmrestd.log" env SLURM_JWT=daemon slurmrestd -u nobody -g nogroup -a rest_auth/jwt 0.0.0.0:6820
  fi
  await 30 slurmrestd_answers || die_of "slurmrestd does not answer" "$state/log/slurmrestd.log"
}

# Without a token it refuses, and that is an answer.
slurmrestd_answers() {
  [[ $(inside head curl --silent --max-time 5 --output /dev/null --write-out '%{http_code}' http://head:6820/openapi/v3) == [245]* ]]
}

# slurmds_up NUMBER...: starts those that do not run.
slurmds_up() {
  local i running
  running=$(processes)
  for i in "$@"; do
    if [[ -z $(daemon_pid_of "node$i" slurmd 0 <<<"$running") ]]; then
      mkdir -p "$state/hosts/node$i/spool"
      slurm_launch "node$i" "node$i" slurmd -N "node$i"
    fi
  done
}

# NODE STATE, one line a node. A state that ends in `*` is of a node that does not respond.
node_states() { inside head timeout 10 sinfo --noheader --Node --partition=batch --format='%N %T' 2>/dev/null; }

nodes_ready() {
  local states
  states=$(node_states) && [[ -n $states ]] && ! grep -q -v -E ' (idle|mixed|allocated|completing|drained|draining|reserved)$' <<<"$states"
}

# A node that was taken for dead comes back by itself when its slurmd answers; this is for those that do not.
nodes_revive() {
  local down
  down=$(node_states | awk '$2 ~ /^(down|unknown)/ { print $1 }' | sort -u | paste -sd,)
  if [[ -n $down ]]; then inside head scontrol update nodename="$down" state=resume >/dev/null 2>&1 || true; fi
}
