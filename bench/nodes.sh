#!/usr/bin/env bash
# Server processes as drills and measurements use them, three on loopback unless told: the one place
# that knows their command lines.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
somekv=${SOMEKV_PROGRAM:-$root/somekv}
first_port=${SOMEKV_FIRST_PORT:-17000}
shards=${SOMEKV_SHARDS:-256}
read -ra groups <<<"${SOMEKV_GROUPS:-1 2}"
read -ra hosts <<<"${SOMEKV_HOSTS:-127.0.0.1 127.0.0.1 127.0.0.1}"

usage() {
    cat <<END
usage: bench/nodes.sh COMMAND

  node DIR N     become node N (1, 2 or 3) with its data in DIR/nN
  form           make the running nodes one cluster with its groups; once for a new DIR
  leader G       print the number of the node that leads group G
  replace N      put node N, which runs on an empty folder, in its own place
  digests        print a line 'GROUP NODE APPLIED DIGEST' for each replica
  resp-port N    print the port where node N speaks RESP
  choose-port    print a number for SOMEKV_FIRST_PORT from which all ports are free

SOMEKV_FIRST_PORT (now $first_port) moves all ports; SOMEKV_HOSTS are the addresses of the nodes, as many as
there are (three times 127.0.0.1 unless told); SOMEKV_SERVER_OPTIONS are more options of each node;
SOMEKV_PROGRAM is run instead of ./somekv. SOMEKV_GROUPS (1 2) are the groups that 'form' makes on all
nodes, SOMEKV_SHARDS (256) how many shards.
END
}

resp_port() { echo $((first_port + $1)); }
peer_port() { echo $((first_port + 10 + $1)); }
grpc_port() { echo $((first_port + 20 + $1)); }
cluster_port() { echo $((first_port + 30 + $1)); }
host() { echo "${hosts[$(($1 - 1))]}"; }
control() { echo "$(host "$1"):$(grpc_port "$1")"; }
numbers() { seq "${#hosts[@]}"; }

listens() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# Below the range from which the kernel takes ports for outgoing connections: a node that was killed
# must find its port free again.
choose_port() {
    local port
    while true; do
        first_port=$((10000 + RANDOM % 500 * 40))
        for port in $(seq "$first_port" $((first_port + 39))); do
            if listens 127.0.0.1 "$port"; then
                continue 2
            fi
        done
        echo "$first_port"
        return
    done
}

# Becomes the server: whoever started this script may kill it by that process id.
node() {
    local reach=(--host "$(host "$2")")
    if [ "$(host "$2")" != 127.0.0.1 ]; then
        # A network that the drill has made, with nobody else in it.
        reach+=(--insecure)
    fi
    mkdir -p "$1"
    # shellcheck disable=SC2086 # options are words
    exec "$somekv" server --node-id "$2" --data "$1/n$2" --peer-port "$(peer_port "$2")" \
        --resp-port "$(resp_port "$2")" --grpc-port "$(grpc_port "$2")" \
        --cluster-port "$(cluster_port "$2")" "${reach[@]}" \
        ${SOMEKV_SERVER_OPTIONS:-}
}

# A node that was just started answers after a second or two.
await_port() {
    local deadline=$((SECONDS + 60))
    until listens "$1" "$2"; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            echo "nothing listens on port $2 of $1" >&2
            exit 1
        fi
        sleep 0.2
    done
}

form() {
    local n group with="" on=1
    for n in $(numbers); do
        await_port "$(host "$n")" "$(grpc_port "$n")"
        if [ "$n" -gt 1 ]; then
            with+=${with:+,}$(control "$n")
            on+=,$n
        fi
    done
    "$somekv" cluster start --node "$(control 1)" --with "$with" --shards "$shards"
    for group in "${groups[@]}"; do
        "$somekv" cluster join --node "$(control 1)" --on "$on" "$group"
    done
}

# Asks one node after the other: some may be down.
leader() {
    local n found
    for n in $(numbers); do
        found=$("$somekv" cluster status --json --node "$(control "$n")" 2>/dev/null |
            grep -o "\"group\":$1,\"role\":\"[a-z_]*\",\"term\":[0-9]*,\"leader_node\":[1-9]" |
            head -n 1 | grep -o '[0-9]*$') || true
        if [ -n "$found" ]; then
            echo "$found"
            return
        fi
    done
    echo "no node knows who leads group $1" >&2
    return 1
}

# Asks the others one after the other: some may be down.
replace() {
    local n
    for n in $(numbers); do
        if [ "$n" != "$1" ] &&
            "$somekv" node replace "$1" "$(control "$1")" --node "$(control "$n")"; then
            return
        fi
    done
    return 1
}

digests() {
    "$somekv" cluster status --json --digests --node "$(control 1)" |
        grep -oE '"node":[0-9]+|"group":[0-9]+|"applied":[0-9]+|"digest":"?[0-9a-fx-]+' |
        awk -F: '{ gsub(/"/, "") }
            $1 == "node" { node = $2 }
            $1 == "group" { group = $2 }
            $1 == "applied" { applied = $2 }
            $1 == "digest" { print group, node, applied, $2 }'
}

case "${1:---help}" in
    --help | -h) usage ;;
    node) node "$2" "$3" ;;
    form) form ;;
    leader) leader "$2" ;;
    replace) replace "$2" ;;
    digests) digests ;;
    resp-port) resp_port "$2" ;;
    choose-port) choose_port ;;
    *) usage >&2; exit 2 ;;
esac
