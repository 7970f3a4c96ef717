# Debian trees for images, by mmdebstrap. Sourced by build; uses $work and $cache.
# shellcheck shell=bash

suite=bookworm

# How this machine reaches Debian, as options of mmdebstrap: proxies and the like, which must not stay in an image.
apt_settings() {
    apt-config dump | sed -nE 's/^(Acquire::(https?::|Retries|Check-).*);$/--aptopt=\1/p'
}

# Where this machine gets Debian from, as lines of a sources.list; nothing where it says nothing.
# shellcheck disable=SC2016
mirrors() {
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
        "Created-By: Packages" "Origin: Debian" "Codename: ${suite}" 2>/dev/null | LC_ALL=C sort -u
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
        "Created-By: Packages" "Origin: Debian" 2>/dev/null | grep -E " ${suite}-(security|updates) " | LC_ALL=C sort -u
}

# bootstrap TREE OPTION...: mmdebstrap with this machine's ways and no documentation inside.
bootstrap() {
    local tree=$1 log
    shift
    local -a settings sources
    mapfile -t settings < <(apt_settings)
    mapfile -t sources < <(mirrors)
    log=$work/mmdebstrap.log
    if ! TMPDIR=$work mmdebstrap --mode=root --format=directory \
        --aptopt='APT::Install-Recommends "false"' "${settings[@]}" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        "$@" "$suite" "$tree" "${sources[@]}" >"$log" 2>&1
    then
        cat "$log" >&2
        return 1
    fi
}

# tidy TREE: take out what differs from build to build, and every trace of the machine that built it.
tidy() {
    local tree=$1
    rm -f "$tree"/etc/apt/apt.conf.d/99mmdebstrap "$tree"/var/cache/ldconfig/aux-cache "$tree"/var/lib/dbus/machine-id
    rm -rf "$tree"/var/cache/apt/* "$tree"/var/lib/apt/lists/* "$tree"/var/cache/debconf/*-old "$tree"/var/cache/fontconfig/*
    rm -f "$tree"/var/lib/dpkg/*-old "$tree"/var/lib/dpkg/lock* "$tree"/var/lib/apt/extended_states.lock \
        "$tree"/etc/passwd- "$tree"/etc/group- "$tree"/etc/shadow- "$tree"/etc/gshadow- "$tree"/etc/subuid- "$tree"/etc/subgid-
    find "$tree"/var/log -type f -delete
    find "$tree"/run "$tree"/tmp "$tree"/var/tmp -mindepth 1 -delete
    find "$tree" -xdev -depth -type d -name __pycache__ -exec rm -rf {} +
    if [ -e "$tree"/etc/machine-id ]; then : >"$tree"/etc/machine-id; fi
    # Days on which a password was last changed: the day of the build.
    if [ -e "$tree"/etc/shadow ]; then
        sed -i -E "s/^([^:]*:[^:]*):[0-9]*:/\1:$((SOURCE_DATE_EPOCH / 86400)):/" "$tree"/etc/shadow
    fi
    # Runtimes mount theirs over these, where they exist.
    : >"$tree"/etc/hosts
    : >"$tree"/etc/resolv.conf
    : >"$tree"/etc/hostname
    cat >"$tree"/etc/apt/sources.list <<SOURCES
deb http://deb.debian.org/debian $suite main
deb http://deb.debian.org/debian $suite-updates main
deb http://deb.debian.org/debian-security $suite-security main
SOURCES
    if [ -e "$tree"/etc/dpkg/dpkg.cfg.d/99mmdebstrap ]; then
        LC_ALL=C sort -u "$tree"/etc/dpkg/dpkg.cfg.d/99mmdebstrap >"$tree"/etc/dpkg/dpkg.cfg.d/slim
        rm "$tree"/etc/dpkg/dpkg.cfg.d/99mmdebstrap
    fi
}

# The layer every Debian image stands on, as a directory with blob and layer.json.
base_layer() {
    cached "base-$(digest_of "$here"/debian.sh "$here"/oci.py)" make_base_layer
}

make_base_layer() {
    bootstrap "$work"/minbase --variant=minbase
    tidy "$work"/minbase
    python3 -B "$here"/oci.py layer "$work"/minbase "$1" >/dev/null
    rm -rf "$work"/minbase
}

# debian_tree LAYER TREE PACKAGE...: the layer unpacked, with packages.
debian_tree() {
    local blob=$1/blob tree=$2
    shift 2
    mkdir "$tree".below
    tar -xzf "$blob" -C "$tree".below --numeric-owner
    if [ $# = 0 ]; then cp -a "$tree".below "$tree"; return; fi
    bootstrap "$tree" --variant=custom --setup-hook="cp -a '$tree.below/.' \"\$1\"" --include="$(IFS=,; echo "$*")"
    tidy "$tree"
}
