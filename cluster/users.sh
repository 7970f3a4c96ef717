# The two ordinary users and their group: `tester` runs the tests, `gatekeeper` holds the signing key and the promotion credential.
# shellcheck shell=bash

users=(tester gatekeeper)
group=assay
account=acceptance
# Users and a group that this tool made are known by these marks; others of the same name are used but never changed or removed.
user_mark='Assay cluster user'
first_id=30000
last_id=30999

free_id() {
  local id
  for ((id = first_id; id <= last_id; id++)); do
    if ! getent passwd "$id" >/dev/null && ! getent group "$id" >/dev/null; then
      echo "$id"
      return
    fi
  done
  die "no free id between $first_id and $last_id"
}

users_up() {
  local user
  getent group "$group" >/dev/null || groupadd --gid "$(free_id)" "$group"
  for user in "${users[@]}"; do
    if ! getent passwd "$user" >/dev/null; then
      useradd --uid "$(free_id)" --gid "$group" --comment "$user_mark" --home-dir "$shared/home/$user" --no-create-home --shell /bin/bash "$user" 2>>"$state/log/users.log"
    elif ! id -nG "$user" | tr ' ' '\n' | grep -qx "$group"; then
      usermod --append --groups "$group" "$user"
    fi
  done
  user_home tester 2750
  user_home gatekeeper 0700
  users_passwd
}

# Where a home is left from users of another number, its files are handed over.
user_home() {
  local user=$1 mode=$2 home=$shared/home/$1
  [[ -d $home ]] || install -d -o "$user" -g "$group" -m "$mode" "$home"
  if [[ $(stat -c %U "$home") != "$user" ]]; then chown --recursive --no-dereference "$user:$group" "$home"; fi
  if [[ $(stat -c %G:%a "$home") != "$group:${mode#0}" ]]; then
    chgrp "$group" "$home"
    chmod "$mode" "$home"
  fi
}

# In the cluster the two homes lie in its own folder, whatever the machine's /etc/passwd says: another cluster may have made
# the users, or the machine had them before. The hosts see this copy if it differs.
users_passwd() {
  awk -F: -v OFS=: -v home="$shared/home/" '$1 == "tester" || $1 == "gatekeeper" { $6 = home $1 } { print }' /etc/passwd | put "$state/etc/passwd" || true
}

# Only users that carry the mark go, and only when no other cluster is up that uses them.
users_remove() {
  local user
  if grep -q -s -E ' tmpfs assay-cluster:[a-z0-9]+:' /proc/[0-9]*/mountinfo; then
    say "users and group stay: another cluster is up and uses them"
    return 0
  fi
  for user in "${users[@]}"; do
    if [[ $(getent passwd "$user" | cut -d: -f5) == "$user_mark" ]]; then userdel "$user" || say "user $user could not be removed"; fi
  done
  local gid
  gid=$(getent group "$group" | cut -d: -f3)
  if [[ -n $gid ]] && ((gid >= first_id && gid <= last_id)); then groupdel "$group" || say "group $group could not be removed"; fi
}
