#!/bin/sh
# Starts Assay from where it was unpacked. ASSAY_NODE names another Node than the one on the PATH.
self=$(readlink -f "$0")
node=${ASSAY_NODE:-node}
if ! command -v "$node" >/dev/null 2>&1; then
  echo "assay: Node 20.19 or newer is needed and '$node' is not there; set ASSAY_NODE to its path" >&2
  exit 3
fi
exec "$node" "$(dirname "$(dirname "$self")")/dist/cli/main.js" "$@"
