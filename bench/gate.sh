#!/usr/bin/env bash
# A gate against mistakes of architecture: SETs a second of three replicated nodes against one
# unreplicated Redis, both durable before the answer, on the same machine in the same call.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
clients="1 64 512"
runs=3
wanted=0.3
warm_seconds=40

usage() {
    cat <<END
usage: bench/gate.sh [--runs N] [--warm SECONDS]

Starts Redis (appendonly, appendfsync always) and three nodes of the store on loopback, with data in a
folder below \$TMPDIR (put it on the disk that you want measured; a RAM disk measures nothing). Runs
redis-benchmark -t set with $clients connections against each in turn, and prints the medians
and the ratio. Ends with 1 if the ratio at 64 connections is below $wanted.

  --runs N         interleaved runs of each, $runs unless told
  --warm SECONDS   load before the first figure counts, $warm_seconds unless told (the JVM compiles)
END
}

while [ $# -gt 0 ]; do
    case "$1" in
        --runs) runs=$2; shift 2 ;;
        --warm) warm_seconds=$2; shift 2 ;;
        --help | -h) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
done

for tool in redis-server redis-benchmark redis-cli; do
    if ! command -v "$tool" >/dev/null; then
        echo "there is no $tool: apt-get install redis-server redis-tools" >&2
        exit 1
    fi
done

# All ports are counted from here, Redis's too; a free run of them unless told.
SOMEKV_FIRST_PORT=${SOMEKV_FIRST_PORT:-$("$here/nodes.sh" choose-port)}
export SOMEKV_FIRST_PORT
redis_port=$((SOMEKV_FIRST_PORT + 9))

dir=$(mktemp -d)
pids=()
cleanup() {
    local pid
    for pid in ${pids[@]+"${pids[@]}"}; do
        kill "$pid" 2>/dev/null || true
    done
    wait
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# Waits until something on port $1 carries out a SET.
await_set() {
    local deadline=$((SECONDS + 60))
    until [ "$(redis-cli -p "$1" set gate ready 2>/dev/null)" = OK ]; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            echo "nothing serves on port $1; the logs:" >&2
            tail -n 20 "$dir"/*.log >&2
            exit 1
        fi
        sleep 0.2
    done
}

# Requests for $1 connections: some seconds at the speed of either store.
requests() {
    case "$1" in
        1) echo 10000 ;;
        *) echo 300000 ;;
    esac
}

# One run: SETs a second on port $1 with $2 connections and $3 requests.
measure() {
    redis-benchmark -p "$1" -t set -c "$2" -n "$3" -r 100000 -d 100 --csv 2>/dev/null |
        awk -F'"' '$2 == "SET" { print $4 }'
}

# Median of the numbers in file $1.
median() {
    sort -n "$1" | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}

# Builds now if it must, so that three nodes at once find it done.
"$here/../somekv" --version >/dev/null
mkdir "$dir/redis"
redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$dir/redis" --appendonly yes \
    --appendfsync always --save "" >"$dir/redis.log" 2>&1 &
pids+=($!)
for n in 1 2 3; do
    "$here/nodes.sh" node "$dir" "$n" >"$dir/n$n.log" 2>&1 &
    pids+=($!)
done
our_port=$("$here/nodes.sh" resp-port 1)
await_set "$redis_port"
"$here/nodes.sh" form >"$dir/form.log" 2>&1 || { cat "$dir/form.log" >&2; exit 1; }
await_set "$our_port"

echo "warming up for $warm_seconds seconds" >&2
warm_until=$((SECONDS + warm_seconds))
while [ "$SECONDS" -lt "$warm_until" ]; do
    measure "$our_port" 64 50000 >/dev/null
done

for run in $(seq "$runs"); do
    for c in $clients; do
        echo "run $run of $runs, $c connections" >&2
        measure "$redis_port" "$c" "$(requests "$c")" >>"$dir/redis-$c.txt"
        measure "$our_port" "$c" "$(requests "$c")" >>"$dir/ours-$c.txt"
    done
done

echo "SET of 100 bytes, operations a second, medians of $runs interleaved runs"
printf '%12s %16s %16s %8s\n' connections "redis, 1 node" "some-kvstore, 3" ratio
for c in $clients; do
    printf '%12s %16s %16s %8s\n' "$c" "$(median "$dir/redis-$c.txt")" \
        "$(median "$dir/ours-$c.txt")" \
        "$(awk -v a="$(median "$dir/ours-$c.txt")" -v b="$(median "$dir/redis-$c.txt")" \
            'BEGIN { printf "%.2f", a / b }')"
done
awk -v a="$(median "$dir/ours-64.txt")" -v b="$(median "$dir/redis-64.txt")" -v w="$wanted" \
    'BEGIN { ok = a >= w * b; print ok ? "passed" : "FAILED", "(wanted: " w " at 64)"; exit !ok }'
