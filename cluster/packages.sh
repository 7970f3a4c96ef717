# Debian's packages: which are needed, how they are installed without starting daemons, which ones are ours to remove.
# shellcheck shell=bash

# libpmix-dev for one link: Debian's slurmd loads libpmix.so by that name, and a slurmd that could not hangs for good on the
# first step that asks for pmix. mmdebstrap and python3-venv build the test images.
packages=(
  slurmd slurmctld slurm-client slurmdbd slurm-wlm-mysql-plugin slurmrestd slurm-wlm-jwt-plugin mariadb-server-core mariadb-client-core munge libpmix-dev
  charliecloud skopeo docker-registry nginx-light ca-certificates curl openssl jq iproute2 util-linux
  mmdebstrap python3 python3-venv
)
policy=/usr/sbin/policy-rc.d
policy_mark='# made by the Assay cluster while it installs packages'

packages_missing() {
  local have package
  have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
  for package in "${packages[@]}"; do
    if [[ $'\n'$have$'\n' != *$'\n'"installed $package"$'\n'* ]]; then echo "$package"; fi
  done
}

# Runs a command while Debian may start no daemon. Where the machine has a policy of its own, ours covers it in a private
# mount namespace; where it has none, a marked file is made, and removed afterwards (or by the next call, after a crash).
packages_quietly() {
  if [[ -e $policy ]] && ! grep -qxF "$policy_mark" "$policy"; then
    printf '#!/bin/sh\nexit 101\n' >"$state/policy-rc.d"
    chmod 755 "$state/policy-rc.d"
    # shellcheck disable=SC2016
    unshare --mount --propagation private sh -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' sh "$state/policy-rc.d" "$policy" "$@"
  else
    printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >"$policy"
    chmod 755 "$policy"
    local rc=0
    "$@" || rc=$?
    packages_policy_back
    return "$rc"
  fi
}

packages_policy_back() {
  rm -f "$state/policy-rc.d"
  if [[ -e $policy ]] && grep -qxF "$policy_mark" "$policy"; then rm -f "$policy"; fi
}

# Another apt may empty the cache while ours downloads, or have it half read: try again, with fresh lists from the second time on.
packages_install() {
  local missing try
  mapfile -t missing < <(packages_missing)
  if ((${#missing[@]} == 0)); then return 0; fi
  command -v apt-get >/dev/null || die "this needs Debian: there is no apt-get"
  say "installing ${missing[*]}"
  exec 8</var/lib/dpkg
  flock 8
  packages_policy_back
  for try in 1 2 3 4 5; do
    if ((try > 1)); then
      sleep $((try * 2))
      apt-get -o DPkg::Lock::Timeout=600 update >>"$state/log/packages.log" 2>&1 || true
      DEBIAN_FRONTEND=noninteractive packages_quietly dpkg --force-confold --configure -a >>"$state/log/packages.log" 2>&1 || true
    fi
    # What apt is about to add is written down first, so that a killed installation can still be undone.
    apt-get install --simulate --no-install-recommends "${missing[@]}" 2>>"$state/log/packages.log" |
      awk '$1 == "Inst" && $3 !~ /^\[/ { print $2 }' >>"$state/packages.added" || true
    sort -u -o "$state/packages.added" "$state/packages.added"
    if DEBIAN_FRONTEND=noninteractive packages_quietly apt-get -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold \
      install --yes --no-install-recommends "${missing[@]}" >>"$state/log/packages.log" 2>&1; then
      mapfile -t missing < <(packages_missing)
      if ((${#missing[@]} == 0)); then
        exec 8<&-
        return 0
      fi
    fi
    say "installing packages: attempt $try failed"
  done
  die_of "packages could not be installed: ${missing[*]}" "$state/log/packages.log"
}

# Only what `up` added. dpkg keeps what other packages have come to need meanwhile.
packages_remove() {
  local added kept
  [[ -s $state/packages.added ]] || return 0
  mapfile -t added < <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | awk '$1 ~ /^i/ { print $2 }' | sort -u | comm -12 - "$state/packages.added")
  if ((${#added[@]} == 0)); then return 0; fi
  say "removing ${#added[@]} packages"
  DEBIAN_FRONTEND=noninteractive packages_quietly dpkg --purge "${added[@]}" >>"$state/log/packages.log" 2>&1 || true
  packages_policy_back
  mapfile -t kept < <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${added[@]}" 2>/dev/null | awk '$1 ~ /^ii/ { print $2 }')
  if ((${#kept[@]})); then say "kept, other packages need them: ${kept[*]}"; fi
}
