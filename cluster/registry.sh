# The registry: docker-registry, and nginx before it for TLS, passwords and who may write where.
# The store listens on a socket that only nginx can open, not on a port: an ordinary user on the head node could reach a port.
# shellcheck shell=bash

registry_log=$state/log/registry.log
registry_socket=$state/registry/run/store.sock

registry_secrets() {
  local dir=$state/registry user
  chmod 755 "$dir"
  install -d -o docker-registry -g www-data -m 2750 "$dir/run"
  install -d -o docker-registry -g docker-registry -m 750 "$dir/blobs"
  for user in ci promoter http; do
    if [[ ! -s $dir/password.$user ]]; then
      (umask 077 && openssl rand -hex 20 >"$dir/password.new")
      mv "$dir/password.new" "$dir/password.$user"
    fi
  done
  if [[ ! -s $dir/htpasswd ]]; then
    for user in ci promoter; do
      printf '%s:%s\n' "$user" "$(openssl passwd -apr1 -stdin <"$dir/password.$user")"
    done >"$dir/htpasswd.new"
    chown root:www-data "$dir/htpasswd.new"
    chmod 640 "$dir/htpasswd.new"
    mv "$dir/htpasswd.new" "$dir/htpasswd"
  fi
}

# A private authority and the registry's certificate, for ten years.
registry_certificates() {
  local dir=$state/registry new=$state/registry/tls.new
  if [[ ! -d $dir/tls ]]; then
    rm -rf "$new"
    mkdir -m 700 "$new"
    {
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=Assay cluster $name" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -keyout "$new/ca.key" -out "$new/ca.crt"
      openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=registry -keyout "$new/registry.key" -out "$new/registry.csr"
      printf '%s\n' "subjectAltName=DNS:registry,DNS:head,IP:$head_address" basicConstraints=CA:FALSE extendedKeyUsage=serverAuth >"$new/extensions"
      openssl x509 -req -in "$new/registry.csr" -CA "$new/ca.crt" -CAkey "$new/ca.key" -CAcreateserial -days 3650 -extfile "$new/extensions" -out "$new/registry.crt"
    } >>"$registry_log" 2>&1 || die_of "the registry's certificates could not be made" "$registry_log"
    mv "$new" "$dir/tls"
  fi
  install -m 644 "$dir/tls/ca.crt" "$dir/ca.crt"
  install -m 644 "$dir/tls/ca.crt" "$shared/registry/ca.crt"
  # What every host sees in /etc/containers, and among the authorities it trusts.
  mkdir -p "$state/etc/containers"
  cp -a /etc/containers/. "$state/etc/containers/"
  install -D -m 644 "$dir/ca.crt" "$state/etc/containers/certs.d/registry:5000/ca.crt"
  cat /etc/ssl/certs/ca-certificates.crt "$dir/ca.crt" | put "$state/etc/ca-certificates.crt" || true
}

# Credentials in Docker's format. Written as the user, so that a link planted in a home leads nowhere the user may not write.
registry_credentials() {
  registry_credential tester ci
  registry_credential gatekeeper promoter
}

registry_credential() {
  local auth
  auth=$(printf '%s:%s' "$2" "$(<"$state/registry/password.$2")" | openssl base64 -A)
  # shellcheck disable=SC2016
  printf '%s' "$auth" | setpriv --reuid "$1" --regid "$group" --init-groups env -i PATH="$daemon_path" HOME="$shared/home/$1" bash -euc '
    umask 077
    auth=$(cat) file=~/.docker/config.json
    mkdir -p ~/.docker
    if [[ -s $file ]] && grep -qF "$auth" "$file"; then chmod 600 "$file"; exit; fi
    old="{}"
    if [[ -s $file ]] && jq -e "type == \"object\"" "$file" >/dev/null 2>&1; then old=$(cat "$file"); fi
    jq --rawfile auth <(printf %s "$auth") ".auths[\"registry:5000\"] = {auth: \$auth}" <<<"$old" >"$file.new"
    mv "$file.new" "$file"'
}

registry_configure() {
  local dir=$state/registry changed=''
  registry_secrets
  registry_certificates
  registry_credentials
  put "$dir/store.yml" <<CONF && changed=yes
version: 0.1
log: {level: info}
storage:
  filesystem: {rootdirectory: $dir/blobs}
  delete: {enabled: true}
http:
  net: unix
  addr: $registry_socket
  secret: $(<"$dir/password.http")
  headers: {X-Content-Type-Options: [nosniff]}
CONF
  chown root:docker-registry "$dir/store.yml"
  chmod 640 "$dir/store.yml"
  put "$dir/nginx.conf" <<CONF && changed=yes
# Written by cluster/registry.sh, after Docker's "Authenticate proxy with nginx".
user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log $state/log/nginx.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path /run/nginx-body;
  proxy_temp_path /run/nginx-proxy;
  fastcgi_temp_path /run/nginx-fastcgi;
  uwsgi_temp_path /run/nginx-uwsgi;
  scgi_temp_path /run/nginx-scgi;

  upstream store { server unix:$registry_socket; }
  upstream refusal { server unix:/run/nginx-refusal.sock; }

  # Who may write where; all who have a password may read everything. The choice is made by the upstream, which is chosen
  # after the password was checked: a stranger learns nothing but 401.
  map "\$request_method \$remote_user \$uri" \$backend {
    default refusal;
    "~^(GET|HEAD|OPTIONS) " store;
    "~^[A-Z]+ (ci|promoter) /v2/(assay/candidate(-[a-z0-9._-]+)?|tutorial(/[a-z0-9._-]+)+)/(blobs|manifests)/" store;
    "~^[A-Z]+ promoter /v2/assay/blessed/(blobs|manifests)/" store;
  }
  map \$upstream_http_docker_distribution_api_version \$api_version { '' registry/2.0; }

  server {
    listen 5000 ssl;
    server_name registry head;
    ssl_certificate $dir/tls/registry.crt;
    ssl_certificate_key $dir/tls/registry.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    client_max_body_size 0;
    chunked_transfer_encoding on;

    location / { return 404; }
    location /v2/ {
      auth_basic registry;
      auth_basic_user_file $dir/htpasswd;
      add_header Docker-Distribution-Api-Version \$api_version always;
      proxy_pass http://\$backend;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_read_timeout 900;
      proxy_set_header Host \$http_host;
      proxy_set_header X-Real-IP \$remote_addr;
      proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto \$scheme;
      proxy_set_header X-Forwarded-Host \$http_host;
      proxy_set_header Authorization "";
    }
  }
  server {
    listen unix:/run/nginx-refusal.sock;
    client_max_body_size 0;
    default_type application/json;
    location / { return 403 '{"errors":[{"code":"DENIED","message":"this user may not write here"}]}'; }
  }
}
CONF
  # A running one is stopped, and started with the new configuration in its turn.
  if [[ -n $changed ]]; then service_signal TERM registry; fi
}

registry_up() {
  registry_store_up
  registry_front_up
}

registry_store_up() {
  [[ -z $(daemon_pid head docker-registry docker-registry) ]] || return 0
  rm -f "$registry_socket"
  launch head "$registry_log" setpriv --reuid docker-registry --regid docker-registry --clear-groups bash -c 'umask 007 && exec "$@"' sh docker-registry serve "$state/registry/store.yml"
  await 10 test -S "$registry_socket" || die_of "docker-registry did not start" "$registry_log"
}

registry_front_up() {
  [[ -z $(daemon_pid head nginx root) ]] || return 0
  registry_front_clear
  inside head rm -f /run/nginx-refusal.sock
  launch head "$state/log/nginx.log" nginx -c "$state/registry/nginx.conf" -g 'daemon off;'
  await 10 registry_answers || die_of "the registry does not answer" "$state/log/nginx.log"
}

# Workers that outlived their master.
registry_front_clear() {
  local pids
  mapfile -t pids < <(processes | awk -v worker="$(id -u www-data)" '$1 == "head" && $6 == "nginx" && ($4 == 0 || $4 == worker) { print $2 }')
  if ((${#pids[@]})); then kill -KILL "${pids[@]}" 2>/dev/null || true; fi
}

# The status code of GET /v2/, as nobody or as a user of the registry. The password goes by standard input.
registry_code() {
  if (($#)); then printf 'user = "%s:%s"\n' "$1" "$(<"$state/registry/password.$1")"; fi |
    inside head curl --silent --output /dev/null --write-out '%{http_code}' --max-time 5 --cacert "$state/registry/ca.crt" --config - https://registry:5000/v2/ || true
}

registry_answers() { [[ $(registry_code) == 401 && $(registry_code ci) == 200 ]]; }
