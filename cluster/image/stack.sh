# MPI stacks that do not come from Debian, and programs compiled with a stack's own compiler. Sourced by build.
# shellcheck shell=bash

# wheel TREE PREFIX REQUIREMENT: what `pip install --prefix` puts into an image.
wheel() {
    local tree=$1 prefix=$2 requirement=$3
    [ -d "$work"/venv ] || /usr/bin/python3 -m venv "$work"/venv
    "$work"/venv/bin/pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --no-compile \
        --root "$tree" --prefix "$prefix" "$requirement"
}

# A Debian tree with a compiler, to compile in and to throw away: as the first stage of an image's recipe.
compiler_tree() {
    cached "compiler-$(digest_of "$here"/debian.sh "$here"/stack.sh)" make_compiler_tree
}

make_compiler_tree() {
    bootstrap "$1" --variant=minbase --include=gcc,libc6-dev,libmpich-dev,musl-tools,busybox-static
}

# compile TREE COMPILER SOURCE PROGRAM [OPTION...]: compile app/SOURCE by a compiler seen from inside the tree, and install it.
# What the tree has under /opt is there while compiling.
compile() {
    local tree=$1 compiler=$2 source=$3 program=$4 stage
    shift 4
    stage=$(compiler_tree)
    mkdir -p "$work"/stage
    cp -al "$stage/." "$work"/stage
    if [ -d "$tree"/opt ]; then rm -rf "$work"/stage/opt; cp -al "$tree"/opt "$work"/stage/opt; fi
    cp "$here/app/$source" "$work"/stage/tmp/
    # shellcheck disable=SC2016
    # Open MPI's mpicc finds itself by /proc; a namespace of its own takes the mount away with it.
    unshare --mount --propagation private /bin/sh -c \
        'mount -t proc proc "$1"/proc && exec chroot "$1" /bin/sh -c "cd /tmp && exec \"\$@\"" "$@"' \
        sh "$work"/stage "$compiler" -O2 -s -o program "$source" "$@"
    install -D -m 755 "$work"/stage/tmp/program "$tree/$program"
    rm -rf "$work"/stage
}
