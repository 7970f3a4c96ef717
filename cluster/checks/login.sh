# Checks of `exec` and `shell`.
# shellcheck shell=bash disable=SC2016

rc_of() {
  local rc=0
  "$@" || rc=$?
  echo "$rc"
}

check_exec_exit_codes() {
  equal "$(rc_of cluster exec -- sh -c 'exit 0')" 0
  equal "$(rc_of cluster exec -- sh -c 'exit 42')" 42
  equal "$(rc_of cluster exec -- no-such-command)" 127
  equal "$(rc_of cluster exec -- /etc/passwd)" 126
  equal "$(rc_of cluster exec -- sh -c 'kill -SEGV $$')" 139
  equal "$(rc_of cluster exec --node node99 -- true)" 125
  equal "$(rc_of cluster exec --user no-such-user -- true)" 125
  equal "$(rc_of cluster exec)" 125
  equal "$(rc_of cluster exec --env 'not a name' -- true)" 125
}

check_exec_stdin_and_quotes() {
  equal "$(printf 'a  b\n$c' | cluster exec -- cat)" 'a  b
$c'
  head -c 3000000 /dev/urandom >"$work/bytes"
  equal "$(cluster exec -- cat <"$work/bytes" | sha256sum)" "$(sha256sum <"$work/bytes")"
  equal "$(cluster exec -- printf '[%s]' 'a b' "c'd" 'e"f' '$HOME' '*' '' $'new\nline' '`id`' -n --)" "[a b][c'd][e\"f][\$HOME][*][][new
line][\`id\`][-n][--]"
  cluster exec -- sh -c 'echo out; echo err >&2' >"$work/out" 2>"$work/err"
  equal "$(<"$work/out") $(<"$work/err")" "out err"
}

check_exec_environment() {
  equal "$(TERM=vt100 SECRET=no cluster exec -- env | sort)" "HOME=$shared/home/tester
LANG=C.UTF-8
LOGNAME=tester
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
SHELL=/bin/bash
TERM=vt100
USER=tester"
  equal "$(ONE='1 2' cluster exec --env ONE --env TWO="a=b c" --env=THREE=3 --env MISSING -- sh -c 'echo "$ONE,$TWO,$THREE,${MISSING-none}"')" "1 2,a=b c,3,none"
  equal "$(cluster exec -- id -un) $(cluster exec --user gatekeeper -- id -un) $(cluster exec --user root -- id -un)" "tester gatekeeper root"
  equal "$(cluster exec -- sh -c 'umask')" 0022
  equal "$(cluster exec -- ls /proc/self/fd | wc -l)" "$(env ls /proc/self/fd | wc -l)"
  equal "$(cluster exec -- grep -E '^Cap(Inh|Prm|Eff|Amb)' /proc/self/status | awk '{ print $2 }' | sort -u)" 0000000000000000
}

check_exec_folder() {
  equal "$(cd /usr/share && cluster exec -- pwd)" /usr/share
  equal "$(cd /root && cluster exec -- pwd)" "$shared/home/tester"
  mkdir -p "$work/not there"
  equal "$(cd "$work/not there" && cluster exec -- pwd)" "$shared/home/tester"
  install -d -o tester "$shared/home/tester/a folder"
  equal "$(cd "$shared/home/tester/a folder" && cluster exec --node node2 -- pwd)" "$shared/home/tester/a folder"
}

check_exec_signals() {
  "$here/cluster" exec -- bash -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done' >"$work/ready" &
  local pid=$! rc=0
  for _ in {1..100}; do [[ -s $work/ready ]] && break; sleep 0.05; done
  kill -TERM "$pid"
  wait "$pid" || rc=$?
  equal "$rc" 9
}

check_exec_is_the_process() {
  "$here/cluster" exec -- sleep 987 &
  local pid=$! rc=0
  for _ in {1..100}; do [[ $(<"/proc/$pid/comm") == sleep ]] && break; sleep 0.05; done
  equal "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "sleep 987 "
  kill -KILL "$pid"
  wait "$pid" || rc=$?
  equal "$rc" 137
  refuse pgrep -x -f 'sleep 987'
}

check_exec_hosts() {
  equal "$(cluster exec -- hostname) $(cluster exec --node node3 -- hostname) $(cluster exec --node=node4 -- hostname)" "head node3 node4"
}

check_shell_works() {
  equal "$(echo 'hostname; id -un' | cluster shell | xargs)" "head tester"
  equal "$(echo 'hostname; id -un' | cluster shell --user gatekeeper --node node1 | xargs)" "node1 gatekeeper"
  # With a terminal it is interactive and has job control.
  equal "$(echo 'tty >/dev/null && [[ $- == *i*m* ]] && echo interactive-$((40 + 2)); exit' | script -qec "$here/cluster shell" /dev/null | tr -d '\r' | grep -c 'interactive-42')" 1
}
