# Munge: one daemon and one key for the whole cluster, its socket bind-mounted into every host. The machine's own munge is not used.
# shellcheck shell=bash

munge_log=$state/log/munged.log

munge_up() {
  chown munge:munge "$state/munge" "$state/munge/run"
  chmod 755 "$state/munge/run"
  chmod 711 "$state/munge"
  if [[ ! -s $state/munge/key ]]; then
    (umask 077 && head -c 128 /dev/urandom >"$state/munge/key.new")
    chown munge:munge "$state/munge/key.new"
    chmod 400 "$state/munge/key.new"
    mv "$state/munge/key.new" "$state/munge/key"
  fi
  [[ -z $(daemon_pid head munged munge) ]] || return 0
  rm -f "$state"/munge/run/*
  : >>"$munge_log"
  chown munge "$munge_log"
  launch head "$munge_log" setpriv --reuid munge --regid munge --clear-groups munged --foreground --key-file "$state/munge/key" \
    --socket /run/munge/munge.socket.2 --pid-file "$state/munge/run/munged.pid" --seed-file "$state/munge/seed" --log-file "$munge_log"
  await 10 test -S "$state/munge/run/munge.socket.2" || die_of "munged did not start" "$munge_log"
}
