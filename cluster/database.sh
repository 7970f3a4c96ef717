# MariaDB for Slurm's accounting: a private data folder and socket, no network, and no password: the system user `slurm` is who it is.
# shellcheck shell=bash

database_log=$state/log/mariadb.log

database_up() {
  local log=$database_log
  rm -rf "$state/database/data.new"
  if [[ ! -d $state/database/data ]]; then
    mkdir -p "$state/database/data.new"
    chown slurm:slurm "$state/database/data.new"
    mariadb-install-db --no-defaults --user=slurm --datadir="$state/database/data.new" --skip-test-db \
      --auth-root-authentication-method=socket --auth-root-socket-user=slurm >>"$log" 2>&1 || die_of "the database could not be made" "$log"
    mv "$state/database/data.new" "$state/database/data"
  fi
  put "$state/database/start.sql" <<'SQL' || true
create database if not exists slurm_acct_db;
create user if not exists 'slurm'@'localhost' identified via unix_socket;
grant all on slurm_acct_db.* to 'slurm'@'localhost';
SQL
  [[ -z $(daemon_pid head mariadbd slurm) ]] || return 0
  inside head install -d -o slurm -g slurm -m 755 /run/mysqld
  inside head rm -f /run/mysqld/mysqld.sock
  launch head "$log" mariadbd --no-defaults --user=slurm --datadir="$state/database/data" --socket=/run/mysqld/mysqld.sock --pid-file=/run/mysqld/mysqld.pid \
    --skip-networking --skip-name-resolve --performance-schema=off --innodb-buffer-pool-size=128M --innodb-log-file-size=32M \
    --innodb-lock-wait-timeout=900 --innodb-flush-log-at-trx-commit=2 --init-file="$state/database/start.sql"
  await 30 inside head test -S /run/mysqld/mysqld.sock || die_of "MariaDB did not start" "$log"
}
