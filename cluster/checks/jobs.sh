# Checks of Slurm, MPI, containers and the users.
# shellcheck shell=bash disable=SC2016

check_srun_four_hosts() {
  equal "$(cluster exec -- srun --nodes=4 --ntasks-per-node=1 sh -c 'echo "$(hostname) $(id -un)"' | sort | xargs)" "node1 tester node2 tester node3 tester node4 tester"
  equal "$(cluster exec -- sinfo --noheader --format='%P %D %c')" "batch* 4 2"
}

check_hosts_are_apart() {
  cluster exec --node node1 -- sh -c 'echo x >/tmp/mine; echo x >/var/tmp/mine; echo x >/dev/shm/mine; ipcmk --shmem 1000 >/dev/null'
  equal "$(cluster exec --node node1 -- sh -c 'ls /tmp /var/tmp /dev/shm | grep -c mine; ipcs -m | grep -c tester' | xargs)" "3 1"
  equal "$(cluster exec --node node2 -- sh -c 'ls /tmp /var/tmp /dev/shm | grep -c mine; ipcs -m | grep -c tester' | xargs)" "0 0"
  equal "$(cluster exec --node node2 -- sh -c 'ls /sys/class/net' | xargs)" "eth0 lo"
  equal "$(cluster exec --node node2 -- stat -c %a /tmp /var/tmp /dev/shm | xargs)" "1777 1777 1777"
  cluster exec -- sh -c "echo x >$shared/home/tester/seen"
  equal "$(cluster exec --node node4 -- cat "$shared/home/tester/seen")" x
}

check_mpi_plugins() {
  cluster exec -- srun --mpi=list >"$work/out" 2>&1
  grep -w pmix "$work/out"
  grep -w pmi2 "$work/out"
}

# 64 MB go from the first rank to the last: they must show on the wire.
check_mpi_over_tcp() {
  if ! mpicc.openmpi -E - <<<'#include <mpi.h>' >/dev/null 2>&1; then
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install --yes --no-install-recommends gcc libc6-dev openmpi-bin libopenmpi-dev || skip "Open MPI could not be installed"
  fi
  cat >"$work/ring.c" <<'C'
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
  int rank, size, length, count = 64 << 20;
  char host[MPI_MAX_PROCESSOR_NAME], *data = malloc(count);
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Get_processor_name(host, &length);
  if (rank == 0) MPI_Send(data, count, MPI_CHAR, size - 1, 0, MPI_COMM_WORLD);
  if (rank == size - 1) MPI_Recv(data, count, MPI_CHAR, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Barrier(MPI_COMM_WORLD);
  printf("rank of %d on %s\n", size, host);
  MPI_Finalize();
}
C
  mpicc.openmpi -o "$shared/ring" "$work/ring.c"
  local before after
  before=$(cluster exec --node node1 -- cat /sys/class/net/eth0/statistics/tx_bytes)
  cluster exec --env OMPI_MCA_mpi_yield_when_idle=1 -- timeout 60 srun --mpi=pmix --nodes=4 --ntasks=8 --ntasks-per-node=2 "$shared/ring" >"$work/out"
  after=$(cluster exec --node node1 -- cat /sys/class/net/eth0/statistics/tx_bytes)
  cat "$work/out"
  equal "$(sort "$work/out" | uniq -c | awk '{ print $1, $4, $6 }' | xargs)" "2 8 node1 2 8 node2 2 8 node3 2 8 node4"
  want test $((after - before)) -gt 67000000
}

# A folder as an image, with a shell and what that needs.
check_container_on_all_nodes() {
  local image=$shared/tiny file
  mkdir -p "$image"/{bin,dev,etc,proc,sys,tmp,home,root,run,var,mnt,usr/bin}
  touch "$image"/etc/{passwd,group,hosts,resolv.conf}
  cp /bin/dash "$image/bin/sh"
  while read -r file; do install -D "$file" "$image/$file"; done < <(ldd /bin/dash | grep -o -E '/[^ ]+')
  equal "$(cluster exec -- srun --nodes=4 ch-run "$image" -- /bin/sh -c 'read host </proc/sys/kernel/hostname; read map </proc/self/uid_map; echo $host $map' | awk '{ print $1, $4 }' | sort | xargs)" \
    "node1 1 node2 1 node3 1 node4 1"
}

check_sacct_account_and_comment() {
  local id record end=$((SECONDS + 30))
  id=$(cluster exec -- sbatch --parsable --comment='round 1, "baseline"' --output=/dev/null --wrap 'srun --ntasks=1 true')
  until record=$(cluster exec -- sacct --noheader --parsable2 --allocations --jobs="$id" --format=Account,Comment,State,User) && [[ $record == *COMPLETED* ]]; do
    ((SECONDS < end)) || break
    sleep 0.2
  done
  equal "$record" 'acceptance|round 1, "baseline"|COMPLETED|tester'
}

check_users_apart() {
  equal "$(stat -c '%U:%G %a' "$shared/home/tester" "$shared/home/gatekeeper" | xargs)" "tester:assay 2750 gatekeeper:assay 700"
  cluster exec -- sh -c 'umask 027; mkdir -p ~/run; echo evidence >~/run/journal'
  equal "$(cluster exec --user gatekeeper -- cat "$shared/home/tester/run/journal")" evidence
  refuse cluster exec --user gatekeeper -- touch "$shared/home/tester/run/x"
  refuse cluster exec -- ls "$shared/home/gatekeeper"
  refuse cluster exec -- cat "$shared/home/gatekeeper/.docker/config.json"
  refuse cluster exec -- cat "$state/munge/key"
  refuse cluster exec -- cat "$state/registry/password.promoter"
  refuse cluster exec -- cat "$state/registry/htpasswd"
  refuse cluster exec -- cat /etc/slurm/slurmdbd.conf
  equal "$(cluster exec -- sh -c 'stat -c %a ~/.docker/config.json')" 600
  equal "$(cluster exec --user gatekeeper -- srun --ntasks=1 id -un)" gatekeeper
  # The database knows whom it speaks to.
  refuse cluster exec -- mariadb --socket=/run/mysqld/mysqld.sock --user=slurm slurm_acct_db -e 'show tables'
}
