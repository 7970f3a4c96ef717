# Checks of the registry: who may read and write what, and that large and odd requests come out right.
# shellcheck shell=bash disable=SC2016

# layout FOLDER BYTES: an OCI layout of one layer.
layout() {
  local dir=$1 blobs=$1/blobs/sha256 layer config manifest size
  mkdir -p "$blobs" "$work/layer"
  head -c "$2" /dev/urandom >"$work/layer/data"
  tar -C "$work/layer" -cf "$work/layer.tar" data
  layer=$(sha256sum <"$work/layer.tar" | cut -d' ' -f1)
  size=$(stat -c %s "$work/layer.tar")
  mv "$work/layer.tar" "$blobs/$layer"
  echo "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:$layer\"]}}" >"$work/config"
  config=$(sha256sum <"$work/config" | cut -d' ' -f1)
  cp "$work/config" "$blobs/$config"
  local type=application/vnd.oci.image
  echo "{\"schemaVersion\":2,\"mediaType\":\"$type.manifest.v1+json\",\"config\":{\"mediaType\":\"$type.config.v1+json\",\"digest\":\"sha256:$config\",\"size\":$(stat -c %s "$work/config")},\"layers\":[{\"mediaType\":\"$type.layer.v1.tar\",\"digest\":\"sha256:$layer\",\"size\":$size}]}" >"$work/manifest"
  manifest=$(sha256sum <"$work/manifest" | cut -d' ' -f1)
  cp "$work/manifest" "$blobs/$manifest"
  echo '{"imageLayoutVersion":"1.0.0"}' >"$dir/oci-layout"
  echo "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"$type.manifest.v1+json\",\"digest\":\"sha256:$manifest\",\"size\":$(stat -c %s "$work/manifest")}]}" >"$dir/index.json"
  chmod -R a+rX "$dir"
}

# code USER CURL-ARGUMENT...: the status code of a request as a user of the registry (or as `nobody`).
code() {
  local user=$1
  shift
  if [[ $user != nobody ]]; then echo "user = \"$user:$(<"$state/registry/password.$user")\""; fi |
    cluster exec --node node2 -- curl --silent --output /dev/null --write-out '%{http_code}' --path-as-is --config - "$@"
}

check_registry_asks_for_password() {
  equal "$(code nobody https://registry:5000/v2/) $(code ci https://registry:5000/v2/) $(code promoter https://registry:5000/v2/)" "401 200 200"
  cluster exec -- curl --silent --include https://registry:5000/v2/ | tr -d '\r' | grep -i '^www-authenticate: basic realm='
  equal "$(code nobody -X POST https://registry:5000/v2/assay/blessed/blobs/uploads/) $(code nobody https://registry:5000/v2/assay/candidate/tags/list)" "401 401"
  equal "$(code nobody --user ci:wrong -X POST https://registry:5000/v2/assay/candidate/blobs/uploads/)" 401
  refuse cluster exec -- curl --silent --fail http://registry:5001/v2/
  refuse cluster exec -- curl --silent --fail --unix-socket "$state/registry/run/store.sock" http://registry/v2/
}

check_registry_ci_writes() {
  layout "$shared/layout" 1000
  local repository
  for repository in assay/candidate assay/candidate-two tutorial/hello tutorial/a/b; do
    cluster exec --node node1 -- skopeo copy --quiet --preserve-digests "oci:$shared/layout" "docker://registry:5000/$repository:one"
  done
  equal "$(cluster exec -- skopeo inspect --format '{{.Digest}}' docker://registry:5000/assay/candidate:one)" "$(jq -r '.manifests[0].digest' "$shared/layout/index.json")"
}

check_registry_ci_refused() {
  local repository
  [[ -d $shared/layout ]] || layout "$shared/layout" 1000
  for repository in assay/blessed assay/candidatex assay/other tutorial other/x; do
    refuse cluster exec -- skopeo copy --quiet --preserve-digests "oci:$shared/layout" "docker://registry:5000/$repository:one" 2>"$work/err"
    grep -i -E 'denied|forbidden|403' "$work/err"
  done
  equal "$(code ci -X POST "https://registry:5000/v2/assay/blessed/blobs/uploads/?mount=sha256:00&from=assay/candidate")" 403
  equal "$(code ci -X DELETE https://registry:5000/v2/assay/blessed/manifests/sha256:00)" 403
  equal "$(code ci -X PUT https://registry:5000/v2/assay/blessed/manifests/one)" 403
}

# Paths that could be read in two ways: none may come through as a write to the blessed repository.
check_registry_tricks_refused() {
  local path got
  for path in assay//blessed assay%2Fblessed assay/./blessed tutorial/../assay/blessed tutorial/x/../../assay/blessed 'tutorial/%2e%2e/assay/blessed' \
    tutorial/x/blobs/../../../assay/blessed assay/candidate/blobs/..%2f../blessed Assay/Blessed 'assay/blessed;/tutorial/x' assay/candidate/../blessed; do
    got=$(code ci -X POST "https://registry:5000/v2/$path/blobs/uploads/")
    echo "$path $got"
    want test "$got" != 202
  done
  cluster exec -- skopeo list-tags docker://registry:5000/assay/blessed >"$work/out" 2>&1 && refuse test -s "$work/out"
  true
}

check_registry_promoter_mounts() {
  [[ -d $shared/layout ]] || layout "$shared/layout" 1000
  cluster exec -- skopeo copy --quiet --preserve-digests "oci:$shared/layout" docker://registry:5000/assay/candidate:one
  local layer
  layer=$(jq -r '.layers[0].digest' "$shared/layout/blobs/sha256/$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' "$shared/layout/index.json")")
  equal "$(code promoter -X POST "https://registry:5000/v2/assay/blessed/blobs/uploads/?mount=$layer&from=assay/candidate")" 201
  cluster exec --user gatekeeper -- skopeo copy --quiet --preserve-digests docker://registry:5000/assay/candidate:one docker://registry:5000/assay/blessed:one
  equal "$(cluster exec -- skopeo inspect --format '{{.Digest}}' docker://registry:5000/assay/blessed:one)" "$(jq -r '.manifests[0].digest' "$shared/layout/index.json")"
  # The address for an upload names the registry as its users see it.
  echo "user = \"ci:$(<"$state/registry/password.ci")\"" | cluster exec -- curl --silent --include --config - -X POST https://registry:5000/v2/assay/candidate/blobs/uploads/ |
    grep -i '^location: https://registry:5000/v2/assay/candidate/blobs/uploads/'
}

check_registry_large_layer() {
  layout "$shared/large" 400000000
  cluster exec -- skopeo copy --quiet --preserve-digests "oci:$shared/large" docker://registry:5000/assay/candidate:large
  cluster exec --node node3 -- sh -c 'skopeo copy --quiet --preserve-digests docker://registry:5000/assay/candidate:large oci:/tmp/large && rm -r /tmp/large'
  rm -r "$shared/large"
}

check_registry_deletes() {
  [[ -d $shared/layout ]] || layout "$shared/layout" 1000
  cluster exec -- skopeo copy --quiet --preserve-digests "oci:$shared/layout" docker://registry:5000/tutorial/gone:one
  cluster exec -- skopeo delete docker://registry:5000/tutorial/gone:one
  refuse cluster exec -- skopeo inspect docker://registry:5000/tutorial/gone:one
}
