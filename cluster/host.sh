#!/bin/bash
# One host, from inside: started in new network, mount, UTS and IPC namespaces, it makes the host's mounts and name, says
# that it is ready by writing its pid, and then holds the namespaces open. Usage: host.sh STATE NAME HOST
set -euo pipefail
state=$1 name=$2 host=$3
own=$state/hosts/$host

# First of all the mark by which the cluster's processes are known; it is also what keeps hosts from sharing memory segments.
mount -t tmpfs -o mode=1777 "assay-cluster:$name:$host" /dev/shm
mount -t tmpfs -o mode=755 "assay-cluster" /run
mkdir -m 755 /run/munge /run/slurm
mkdir -m 1777 /run/lock
mount --bind "$state/munge/run" /run/munge

# Private temporary folders, empty at each start as after a reboot.
for folder in tmp var-tmp; do
  mkdir -p "$own/$folder"
  find "$own/$folder" -xdev -mindepth 1 -delete
  chmod 1777 "$own/$folder"
done
mount --bind "$own/tmp" /tmp
mount --bind "$own/var-tmp" /var/tmp

mount --bind "$state/etc/slurm" /etc/slurm
mount --bind "$state/etc/hosts" /etc/hosts
mount --bind "$state/etc/containers" /etc/containers
mount --bind "$state/etc/ca-certificates.crt" /etc/ssl/certs/ca-certificates.crt
if ! cmp -s "$state/etc/passwd" /etc/passwd; then mount --bind "$state/etc/passwd" /etc/passwd; fi

# A sysfs of this network namespace, so that /sys/class/net shows this host's interfaces; the control groups stay the machine's.
mkdir /run/cgroup
mount --rbind /sys/fs/cgroup /run/cgroup
mount -t sysfs sysfs /sys
mount --rbind /run/cgroup /sys/fs/cgroup
umount --recursive --lazy /run/cgroup
rmdir /run/cgroup

# FUSE for ordinary users, as udev gives it: here the device may be root's alone.
if [[ -c /dev/fuse ]]; then
  mknod -m 666 /run/fuse c 10 229
  mount --bind /run/fuse /dev/fuse
fi

hostname "$host"
ip link set lo up

printf '%s\n' "$$" >"$own/holder.new"
mv "$own/holder.new" "$own/holder"
# The lock of the call that started this host was held until here.
exec 9<&-
exec -a "assay-cluster:$name:$host" sleep infinity
