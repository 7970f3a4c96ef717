#!/bin/sh
# Jobs without a scheduler: starts a job script as a process group of its own, shows it, ends it.
#   local-job.sh submit DIRECTORY SCRIPT OUTPUT   prints the id
#   local-job.sh find DIRECTORY                   prints "ID STATE" of the job started there, if any
#   local-job.sh status ID…                       prints "ID STATE" for each: running, completed or gone
#   local-job.sh cancel ID…
# An id is PID:STARTTIME:DIRECTORY, so that another process with the same number is never taken for the job.
set -u

start_time() { # field 22 of /proc/PID/stat (proc(5)); the name in parentheses may hold spaces
  sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

alive() {
  [ -n "$2" ] && [ "$(start_time "$1")" = "$2" ]
}

state_of() {
  pid=${1%%:*}
  rest=${1#*:}
  time=${rest%%:*}
  directory=${rest#*:}
  if alive "$pid" "$time"; then
    echo running
  elif [ -e "$directory/ended" ]; then
    echo completed
  else
    echo gone
  fi
}

verb=$1
shift
case $verb in
submit)
  directory=$1 script=$2 output=$3
  setsid sh -c 'echo "$$" >"$1.tmp" && mv -f "$1.tmp" "$1" && exec sh "$2"' job "$directory/pid" "$script" >>"$output" 2>&1 </dev/null &
  waited=0
  while [ ! -e "$directory/pid" ]; do
    waited=$((waited + 1))
    [ "$waited" -gt 100 ] && { echo "the job did not start" >&2; exit 1; }
    sleep 0.05
  done
  pid=$(cat "$directory/pid")
  time=$(start_time "$pid")
  echo "$pid:${time:-0}:$directory" >"$directory/local-id.tmp" && mv -f "$directory/local-id.tmp" "$directory/local-id"
  cat "$directory/local-id"
  ;;
find)
  [ -e "$1/pid" ] || exit 0
  if [ -e "$1/local-id" ]; then
    id=$(cat "$1/local-id")
  else # started, and its starter killed before it could say so
    pid=$(cat "$1/pid")
    id="$pid:$(start_time "$pid"):$1"
  fi
  echo "$id $(state_of "$id")"
  ;;
status)
  for id in "$@"; do echo "$id $(state_of "$id")"; done
  ;;
cancel)
  for id in "$@"; do
    pid=${id%%:*} rest=${id#*:}
    alive "$pid" "${rest%%:*}" && kill -TERM "-$pid" 2>/dev/null
  done
  waited=0
  while [ "$waited" -lt 50 ]; do
    running=0
    for id in "$@"; do [ "$(state_of "$id")" = running ] && running=1; done
    [ "$running" -eq 0 ] && exit 0
    sleep 0.1
    waited=$((waited + 1))
  done
  for id in "$@"; do
    pid=${id%%:*} rest=${id#*:}
    alive "$pid" "${rest%%:*}" && kill -KILL "-$pid" 2>/dev/null
  done
  exit 0
  ;;
*)
  echo "unknown verb $verb" >&2
  exit 64
  ;;
esac
