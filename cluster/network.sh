# The hosts and the network between them: `head` has a bridge, each node a veth pair on it. Everything lies in the hosts' own
# namespaces, so the machine's network never changes and two clusters may use the same addresses.
# shellcheck shell=bash

head_address=10.77.0.1

node_address() { echo "10.77.1.$1"; }

hosts_file() {
  {
    echo "127.0.0.1 localhost"
    echo "$head_address head registry"
    local i
    for ((i = 1; i <= $1; i++)); do echo "$(node_address "$i") node$i"; done
  } | put "$state/etc/hosts" || true
}

# Makes the namespaces of the named hosts, all at once.
hosts_make() {
  local host
  for host in "$@"; do
    mkdir -p "$state/hosts/$host"
    rm -f "$state/hosts/$host/holder"
    # The lock (9) goes along until the host is ready: a next call waits for a host half made by one that was killed.
    setsid unshare --net --mount --uts --ipc --propagation slave "$here/host.sh" "$state" "$name" "$host" </dev/null >"$state/log/$host.host.log" 2>&1 &
  done
  for host in "$@"; do
    await 30 test -s "$state/hosts/$host/holder" || die_of "host $host was not made within 30 s" "$state/log/$host.host.log"
  done
}

# A host's network is done when the file `network` names its present holder: a killed `up` may have left it half made.
network_done() { [[ $(cat "$state/hosts/$1/network" 2>/dev/null) == "$(<"$state/hosts/$1/holder")" ]]; }

network_head() {
  network_done head && return 0
  inside head ip link del cluster 2>/dev/null || true
  inside head ip -batch - <<BATCH || die "the network could not be made"
link add cluster type bridge forward_delay 0
addr add $head_address/16 dev cluster
link set cluster up
BATCH
  cp "$state/hosts/head/holder" "$state/hosts/head/network"
}

# The cables are laid from head in one go; then each node gets its address.
network_nodes() {
  local i new=()
  for ((i = 1; i <= $1; i++)); do network_done "node$i" || new+=("$i"); done
  if ((${#new[@]} == 0)); then return 0; fi
  for i in "${new[@]}"; do echo "link del cable$i"; done | inside head ip -force -batch - >/dev/null 2>&1 || true
  for i in "${new[@]}"; do
    echo "link add cable$i type veth peer name eth0 netns $(<"$state/hosts/node$i/holder")"
    echo "link set cable$i master cluster up"
  done | inside head ip -batch - || die "the network could not be made"
  for i in "${new[@]}"; do
    printf 'addr add %s/16 dev eth0\nlink set eth0 up\n' "$(node_address "$i")" |
      nsenter --target "$(<"$state/hosts/node$i/holder")" --net ip -batch - || die "the network of node$i could not be made"
    cp "$state/hosts/node$i/holder" "$state/hosts/node$i/network"
  done
}

# Hosts without a holder, or never finished, are made anew; without head, all are: its bridge was the network.
hosts_up() {
  local nodes=$1 i missing=() pids running pid
  if ! holder head >/dev/null; then
    members_kill
    rm -f "$state"/hosts/*/holder
    mapfile -t missing < <(seq "$nodes")
    hosts_make head "${missing[@]/#/node}"
  else
    running=$(processes)
    for ((i = 1; i <= nodes; i++)); do
      pid=none
      if [[ -s $state/hosts/node$i/holder ]]; then pid=$(<"$state/hosts/node$i/holder"); fi
      if ! grep -q "^node$i $pid .* sleep$" <<<"$running"; then
        missing+=("$i")
        mapfile -t pids < <(awk -v host="node$i" '$1 == host { print $2 }' <<<"$running")
        if ((${#pids[@]})); then kill -KILL "${pids[@]}" 2>/dev/null || true; fi
      fi
    done
    if ((${#missing[@]})); then hosts_make "${missing[@]/#/node}"; fi
  fi
  network_head
  network_nodes "$nodes"
}
