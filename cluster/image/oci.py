#!/usr/bin/python3
"""Make OCI image layouts: a layer from a tree (or from what differs between two trees), and an image from layers.

  oci.py layer ROOT OUT [--below TREE] [--level N]   writes OUT/blob (tar, gzip) and OUT/layer.json
  oci.py image OUT --layer DIR ... [options]         writes an OCI layout with one image; prints its manifest digest

The same trees give the same bytes: entries are sorted, no time is newer than SOURCE_DATE_EPOCH, owners are numbers,
and gzip gets no name and no time. Python's standard library and gzip, nothing else.
"""
import argparse
import filecmp
import hashlib
import json
import os
import stat
import subprocess
import tarfile
import threading
import time

EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "1767225600"))
TYPE = "application/vnd.oci.image."
LAYER_TYPE = TYPE + "layer.v1.tar+gzip"
# What a runtime mounts over: only the directory itself belongs into a layer.
MOUNTED = {"dev", "proc", "sys"}


def walk(root):
    """Paths below root, relative, sorted by bytes, directories before what they hold."""
    def visit(relative):
        with os.scandir(os.path.join(root, relative)) as entries:
            names = sorted((entry.name for entry in entries), key=os.fsencode)
        for name in names:
            path = os.path.join(relative, name)
            yield path
            info = os.lstat(os.path.join(root, path))
            if stat.S_ISDIR(info.st_mode) and path not in MOUNTED:
                yield from visit(path)
    return visit("")


def same(upper, lower):
    """Do two paths hold the same thing? Times do not count."""
    try:
        a, b = os.lstat(upper), os.lstat(lower)
    except FileNotFoundError:
        return False
    if (a.st_mode, a.st_uid, a.st_gid) != (b.st_mode, b.st_uid, b.st_gid):
        return False
    if stat.S_ISLNK(a.st_mode):
        return os.readlink(upper) == os.readlink(lower)
    if stat.S_ISREG(a.st_mode):
        return a.st_size == b.st_size and filecmp.cmp(upper, lower, shallow=False)
    return stat.S_ISDIR(a.st_mode)


def differences(root, below):
    """Paths of root that the tree below lacks or has otherwise, with their parents; and paths only below has."""
    changed, removed = set(), []
    for path in walk(root):
        if not same(os.path.join(root, path), os.path.join(below, path)):
            while path and path not in changed:
                changed.add(path)
                path = os.path.dirname(path)
    gone = None
    for path in walk(below):
        if gone is not None and path.startswith(gone + "/"):
            continue
        if not os.path.lexists(os.path.join(root, path)):
            removed.append(path)
            gone = path
    return changed, removed


class LayerWriter:
    """A layer being written: what goes in is a tar stream, what comes out a gzip blob, and both are digested."""

    def __init__(self, directory, level=4):
        os.makedirs(directory)
        self.directory = directory
        self.diff, self.blob, self.size = hashlib.sha256(), hashlib.sha256(), 0
        self.gzip = subprocess.Popen(["gzip", "-n", "-c", f"-{level}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.collector = threading.Thread(target=self._collect)
        self.collector.start()
        self.tar = tarfile.open(fileobj=self, mode="w|", format=tarfile.PAX_FORMAT, bufsize=1 << 20)
        self.links = {}

    def write(self, data):
        self.diff.update(data)
        return self.gzip.stdin.write(data)

    def _collect(self):
        with open(os.path.join(self.directory, "blob"), "wb") as out:
            while chunk := self.gzip.stdout.read(1 << 20):
                self.blob.update(chunk)
                self.size += len(chunk)
                out.write(chunk)

    def add(self, source, name, owner=None):
        """Add one file, link or directory, as it is; or as that of an `owner` (uid, gid), and then without its time."""
        info = os.lstat(source)
        if stat.S_ISSOCK(info.st_mode):
            return
        entry = tarfile.TarInfo(name)
        entry.mode = stat.S_IMODE(info.st_mode)
        entry.uid, entry.gid = owner or (info.st_uid, info.st_gid)
        entry.mtime = EPOCH if owner or not stat.S_ISREG(info.st_mode) else min(int(info.st_mtime), EPOCH)
        if stat.S_ISDIR(info.st_mode):
            entry.type = tarfile.DIRTYPE
        elif stat.S_ISLNK(info.st_mode):
            entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, os.readlink(source), 0o777
        elif not stat.S_ISREG(info.st_mode):
            raise SystemExit(f"{source}: neither file, directory nor link")
        elif info.st_nlink > 1 and (info.st_dev, info.st_ino) in self.links:
            entry.type, entry.linkname = tarfile.LNKTYPE, self.links[info.st_dev, info.st_ino]
        else:
            self.links[info.st_dev, info.st_ino] = name
            entry.size = info.st_size
            for attribute in sorted(os.listxattr(source)):
                value = os.getxattr(source, attribute).decode("utf-8", "surrogateescape")
                entry.pax_headers["SCHILY.xattr." + attribute] = value
            with open(source, "rb") as content:
                self.tar.addfile(entry, content)
            return
        self.tar.addfile(entry)

    def whiteout(self, path):
        """Say that a path of the layers below is gone."""
        entry = tarfile.TarInfo(os.path.join(os.path.dirname(path), ".wh." + os.path.basename(path)))
        entry.mode, entry.mtime = 0o644, EPOCH
        self.tar.addfile(entry)

    def close(self):
        self.tar.close()
        self.gzip.stdin.close()
        self.collector.join()
        if self.gzip.wait() != 0:
            raise SystemExit("gzip failed")
        record = {"digest": "sha256:" + self.blob.hexdigest(), "size": self.size,
                  "diff_id": "sha256:" + self.diff.hexdigest()}
        with open(os.path.join(self.directory, "layer.json"), "w") as out:
            json.dump(record, out)
        return record


def write_layer(root, out, below=None, level=4):
    changed, removed = differences(root, below) if below else (None, [])
    layer = LayerWriter(out, level)
    for path in removed:
        layer.whiteout(path)
    for path in walk(root):
        if changed is None or path in changed:
            layer.add(os.path.join(root, path), path)
    return layer.close()


def moment():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(EPOCH))


def link(source, target):
    """A hard link, or a copy where the file system has no link across."""
    try:
        os.link(source, target)
    except OSError:
        with open(source, "rb") as a, open(target, "wb") as b:
            while chunk := a.read(1 << 20):
                b.write(chunk)


def blob_path(layout, digest):
    return os.path.join(layout, "blobs", *digest.split(":"))


def write_json(layout, value):
    """Store a document as a blob; its digest and size."""
    data = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    with open(blob_path(layout, digest), "wb") as out:
        out.write(data)
    return {"digest": digest, "size": len(data)}


def write_image(layout, config, layers, name):
    """Finish a layout whose layer blobs lie there already: config, manifest, index. Returns the manifest digest."""
    manifest = {
        "schemaVersion": 2,
        "mediaType": TYPE + "manifest.v1+json",
        "config": {"mediaType": TYPE + "config.v1+json", **write_json(layout, config)},
        "layers": layers,
    }
    described = {"mediaType": manifest["mediaType"], **write_json(layout, manifest)}
    platform = {"architecture": config["architecture"], "os": config["os"]}
    if "variant" in config:
        platform["variant"] = config["variant"]
    described["platform"] = platform
    described["annotations"] = {"org.opencontainers.image.ref.name": name}
    index = {"schemaVersion": 2, "mediaType": TYPE + "index.v1+json", "manifests": [described]}
    with open(os.path.join(layout, "index.json"), "w") as out:
        json.dump(index, out, sort_keys=True)
    with open(os.path.join(layout, "oci-layout"), "w") as out:
        out.write('{"imageLayoutVersion":"1.0.0"}')
    return described["digest"]


def add_layer_blob(layout, directory, record):
    """Take a written layer into a layout; its descriptor."""
    os.makedirs(os.path.join(layout, "blobs", "sha256"), exist_ok=True)
    target = blob_path(layout, record["digest"])
    if not os.path.exists(target):
        link(os.path.join(directory, "blob"), target)
    return {"mediaType": LAYER_TYPE, "digest": record["digest"], "size": record["size"]}


def main():
    parser = argparse.ArgumentParser(description="Make OCI image layouts.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("layer")
    one.add_argument("root")
    one.add_argument("out")
    one.add_argument("--below")
    one.add_argument("--level", type=int, default=4)
    two = verbs.add_parser("image")
    two.add_argument("out")
    two.add_argument("--layer", action="append", default=[], metavar="DIR")
    two.add_argument("--history", action="append", default=[], help="what made each layer, in order")
    two.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    two.add_argument("--cmd", default="/bin/sh")
    two.add_argument("--workdir", default="/")
    two.add_argument("--architecture", default="amd64")
    two.add_argument("--variant")
    two.add_argument("--name", required=True)
    given = parser.parse_args()
    if given.verb == "layer":
        print(write_layer(given.root, given.out, given.below, given.level)["digest"])
        return
    records = []
    for directory in given.layer:
        with open(os.path.join(directory, "layer.json")) as source:
            records.append(json.load(source))
    layers = [add_layer_blob(given.out, *pair) for pair in zip(given.layer, records)]
    config = {
        "created": moment(),
        "architecture": given.architecture,
        "os": "linux",
        "config": {"Env": given.env, "Cmd": [given.cmd], "WorkingDir": given.workdir},
        "rootfs": {"type": "layers", "diff_ids": [record["diff_id"] for record in records]},
        "history": [{"created": moment(), "created_by": text} for text in given.history],
    }
    if given.variant:
        config["variant"] = given.variant
    print(write_image(given.out, config, layers, given.name))


if __name__ == "__main__":
    main()
