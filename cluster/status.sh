# `status`: what runs, what the nodes' states are, what the registry answers. All is well only if everything is.
# shellcheck shell=bash

cluster_status() {
  local form=text
  if (($#)); then
    [[ $# == 1 && $1 == --json ]] || die "usage: cluster status [--json]"
    form=json
  fi
  command -v jq >/dev/null || die "the cluster was never up: jq is missing"
  local report
  report=$(status_report)
  if [[ $form == json ]]; then
    jq . <<<"$report"
  else
    jq -r '"cluster \(.name) in \(.state): \(if .ok then "all is well" else "not well" end)"' <<<"$report"
    jq -r '(.daemons[] | "  \(.name)\t\(if .pid then "pid \(.pid)" else "stopped" end)\(if .answers == false then ", does not answer" else "" end)"),
      (.nodes[] | "  \(.name)\t\(.state)\t\(if .pid then "slurmd pid \(.pid)" else "slurmd stopped" end)"),
      "  registry:5000\t\(.registry.anonymous) without, \(.registry.ci) with a password"' <<<"$report" | column -t -s $'\t'
  fi
  [[ $(jq .ok <<<"$report") == true ]]
}

# What cannot answer is not asked: without munge or the daemon itself, Slurm's tools would wait for it.
status_report() {
  local running states='' service host command user pid answers alive=' ' controller=false anonymous=0 ci=0 nodes i
  nodes=$(cat "$state/nodes" 2>/dev/null || echo 0)
  if ! holder head >/dev/null; then nodes=0; fi
  running=$(processes)
  {
    for service in munge database slurmdbd slurmctld slurmrestd registry registry-store; do
      read -r host command user < <(service_daemons "$service")
      pid=$(daemon_pid_of "$host" "$command" "$(id -u "$user" 2>/dev/null || echo none)" <<<"$running")
      if [[ -n $pid ]]; then alive+="$service "; fi
      answers=null
      if [[ $service == slurmctld || $service == slurmdbd ]]; then
        answers=false
        if [[ $alive == *" munge "* && $alive == *" $service "* ]] && "${service}_answers"; then answers=true; fi
      fi
      if [[ $service == slurmctld ]]; then controller=$answers; fi
      echo "daemon $service ${pid:-null} $answers"
    done
    if [[ $controller == true && $nodes != 0 ]]; then states=$(node_states || true); fi
    for ((i = 1; i <= nodes; i++)); do
      pid=$(daemon_pid_of "node$i" slurmd 0 <<<"$running")
      echo "node node$i ${pid:-null} $(awk -v node="node$i" '$1 == node { print $2 }' <<<"$states")"
    done
    if [[ $alive == *" registry "* ]]; then
      anonymous=$(registry_code)
      ci=$(registry_code ci)
    fi
    echo "registry $((10#${anonymous:-0})) $((10#${ci:-0}))"
  } | jq -R -s --arg name "$name" --arg state "$state" '
    [split("\n")[] | select(. != "") | split(" ")] as $lines
    | {
        name: $name, state: $state,
        daemons: [$lines[] | select(.[0] == "daemon") | {name: .[1], pid: (.[2] | fromjson), answers: (.[3] | fromjson)}],
        nodes: [$lines[] | select(.[0] == "node") | {name: .[1], pid: (.[2] | fromjson), state: (if (.[3] // "") == "" then "unknown" else .[3] end)}],
        registry: ($lines[] | select(.[0] == "registry") | {anonymous: (.[1] | tonumber), ci: (.[2] | tonumber)})
      }
    | .ok = (
        (.nodes | length) > 0
        and all(.daemons[]; .pid != null and .answers != false)
        and all(.nodes[]; .pid != null and (.state | test("^(idle|mixed|allocated|completing)$")))
        and .registry == {anonymous: 401, ci: 200})'
}
