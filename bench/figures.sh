#!/usr/bin/env bash
# Figures of three nodes over their life: what a disk takes, how a node catches up or is replaced
# while the others serve, what a thousand groups cost. Prints them; judges nothing.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
somekv=$here/../somekv

usage() {
    cat <<END
usage: bench/figures.sh COMMAND [MIB | GROUPS]

  overwrite [MIB]   100,000 keys of 1 KiB written over and over (5120 MiB): disk use over time; then all
                    nodes are killed -9: how long until a read is served
  catch-up [MIB]    a follower is away for so much (2048 MiB): latencies of the others' clients at rest and
                    beside it, the longest gap between heartbeats
  replace           a node that leads is killed -9 and replaced under load: errors, longest request
  groups [N]        N groups (1000): cost at rest, one busy group with few and with N beside it, restart
  moves [MIB]       a shard of so much (1024 MiB) moves to another group and back under load: pauses,
                    latencies of it and of others, MB/s; then one of 64 MiB, with the leaders of
                    source, target and shard master killed -9 at each step of a move
  rebalance [MIB]   from one group to four and back under load with so much data (256 MiB): shards
                    that moved and that had to, time, errors

Starts three nodes on loopback with data in a folder below \$TMPDIR (put it on the disk that you want
measured). Run nothing beside it. Needs redis-benchmark and redis-cli.
END
}

for tool in redis-benchmark redis-cli; do
    if ! command -v "$tool" >/dev/null; then
        echo "there is no $tool: apt-get install redis-tools" >&2
        exit 1
    fi
done

SOMEKV_FIRST_PORT=${SOMEKV_FIRST_PORT:-$("$here/nodes.sh" choose-port)}
export SOMEKV_FIRST_PORT
dir=$(mktemp -d)
declare -A pids
cleanup() {
    local pid
    for pid in "${pids[@]}"; do
        kill -9 "$pid" 2>/dev/null || true
    done
    wait 2>/dev/null || true
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

port() { "$here/nodes.sh" resp-port "$1"; }
control() { echo "127.0.0.1:$((SOMEKV_FIRST_PORT + 20 + $1))"; }
now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }

start_node() {
    "$here/nodes.sh" node "$dir" "$1" >>"$dir/n$1.log" 2>&1 &
    pids[$1]=$!
}

kill_node() {
    kill -9 "${pids[$1]}"
    wait "${pids[$1]}" 2>/dev/null || true
}

start_all() {
    local n
    "$somekv" --version >/dev/null
    for n in 1 2 3; do start_node "$n"; done
    "$here/nodes.sh" form >"$dir/form.log" 2>&1 || { cat "$dir/form.log" >&2; exit 1; }
    await_write 1
}

# Waits until a write through node $1 is carried out.
await_write() {
    until [ "$(redis-cli -p "$(port "$1")" set figures ready 2>/dev/null)" = OK ]; do sleep 0.05; done
}

# redis-benchmark's SETs: prints 'OPS a second, p50, p99, longest' in milliseconds.
sets() {
    redis-benchmark -p "$1" -t set "${@:2}" --csv 2>>"$dir/errors.txt" |
        awk -F'"' '$2 == "SET" {
            printf "%8.0f/s  p50 %.2f  p99 %.2f  longest %.0f ms\n", $4, $10, $14, $16 }'
}

mib() { du -sm "$dir/n$1" | cut -f1; }

overwrite() {
    local n began load
    start_all
    echo "seconds  MiB of node 1, 2, 3"
    sets "$(port 1)" -c 64 -P 16 -d 1024 -r 100000 -n $(($1 * 1024)) >"$dir/load.txt" &
    load=$!
    began=$(now)
    while kill -0 "$load" 2>/dev/null; do
        echo "$(since "$began")  $(mib 1) $(mib 2) $(mib 3)"
        sleep 10
    done
    wait "$load"
    echo "$(since "$began")  $(mib 1) $(mib 2) $(mib 3), at the end of $1 MiB"
    cat "$dir/load.txt"
    for n in 1 2 3; do kill_node "$n"; done
    began=$(now)
    for n in 1 2 3; do start_node "$n"; done
    until [ "$(redis-cli -p "$(port 1)" strlen key:000000000001 2>/dev/null)" = 1024 ]; do sleep 0.05; done
    echo "all killed -9 and started: a read is served after $(since "$began") s"
}

gap() {
    redis-cli -p "$(port "$1")" info 2>/dev/null | tr -d '\r' |
        awk -F: '$1 == "heartbeat_gap_max_ms" { print $2 }'
}

# Whether node $1 has said so since it was started last.
has_snapshot() {
    awk '/is ready/ { found = 0 } /goes on from a snapshot/ { found = 1 } END { exit !found }' "$dir/n$1.log"
}

catch_up() {
    local n began
    start_all
    for n in 1 2; do "$somekv" group transfer "$n" --to 1 --node "$(control 1)" >/dev/null; done
    echo "warming up"
    sets "$(port 1)" -c 16 -d 1024 -r 100000 -n 400000 >/dev/null
    for n in 1 2 3; do echo "at rest:       $(sets "$(port 1)" -c 16 -d 1024 -r 100000 -n 100000)"; done
    echo "longest gap between heartbeats, node 2: $(gap 2) ms, node 3: $(gap 3) ms"
    kill_node 3
    sets "$(port 1)" -c 64 -P 16 -d 1024 -r 2000000 -n $(($1 * 1024)) >/dev/null
    for n in 1 2; do echo "node 3 down:   $(sets "$(port 1)" -c 16 -d 1024 -r 100000 -n 100000)"; done
    began=$(now)
    start_node 3
    while ! has_snapshot 3 && [ "$(since "$began" | cut -d. -f1)" -lt 60 ]; do
        echo "catching up:   $(sets "$(port 1)" -c 16 -d 1024 -r 100000 -n 20000) (until $(since "$began") s)"
    done
    echo "node 3 goes on from a snapshot $(since "$began") s after its start"
    for n in 1 2 3; do echo "afterwards:    $(sets "$(port 1)" -c 16 -d 1024 -r 100000 -n 20000)"; done
    echo "longest gap between heartbeats, node 2: $(gap 2) ms, node 3: $(gap 3) ms"
    "$somekv" cluster status --node "$(control 1)" | sed -n '/GROUP/,$p'
}

replace() {
    local load began leader other
    start_all
    leader=$("$here/nodes.sh" leader 1)
    other=$((leader % 3 + 1))
    "$somekv" group transfer 2 --to "$leader" --node "$(control "$other")" >/dev/null
    SOMEKV_HOSTS="127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1" start_node 4
    sets "$(port "$other")" -c 32 -d 1024 -r 100000 -n 200000 >/dev/null
    redis-benchmark -p "$(port "$other")" -t set -c 32 -d 1024 -r 100000 -n 600000 --csv \
        >"$dir/load.txt" 2>"$dir/load-errors.txt" &
    load=$!
    sleep 2
    kill_node "$leader"
    sleep 2
    began=$(now)
    "$somekv" node replace "$leader" "$(control 4)" --node "$(control "$other")"
    echo "replaced in $(since "$began") s"
    wait "$load"
    awk -F'"' '$2 == "SET" { printf "%.0f/s  p50 %.2f  p99 %.2f  longest %.0f ms\n", $4, $10, $14, $16 }' \
        "$dir/load.txt"
    echo "errors: $(grep -ci error "$dir/load-errors.txt" || true)"
    "$somekv" cluster status --digests --node "$(control "$other")"
}

ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
bytes() { awk '$1 == "lo:" { print $2 }' /proc/net/dev; }

# What three nodes cost in 30 seconds in which nobody asks anything.
rest() {
    local n before=() lo
    sleep 10
    for n in 1 2 3; do before[n]=$(ticks "${pids[$n]}"); done
    lo=$(bytes)
    sleep 30
    for n in 1 2 3; do
        awk -v n="$n" -v t=$(($(ticks "${pids[$n]}") - before[n])) -v hz="$(getconf CLK_TCK)" \
            -v rss="$(awk '/VmRSS/ { print $2 }' "/proc/${pids[$n]}/status")" \
            'BEGIN { printf "  node %d: %.2f %% of a core, %d MiB resident\n", n, 100 * t / hz / 30, rss / 1024 }'
    done
    echo "  all nodes: $((($(bytes) - lo) / 30)) bytes a second"
}

hot() {
    local n
    for n in 1 2 3 4 5; do
        redis-benchmark -p "$(port 1)" -c 64 -n 200000 --csv \
            SET '{hot}:key' "$(head -c 100 /dev/zero | tr '\0' x)" 2>/dev/null |
            awk -F'"' 'NR > 1 { printf "  %.0f/s  p50 %.2f  p99 %.2f ms\n", $4, $10, $14 }'
    done
}

# All groups join before there is any data, in a cluster of their own: what is measured is not their moves.
groups() {
    local n began
    start_all
    echo "warming up"
    for n in 1 2 3; do hot >/dev/null; done
    echo "two groups at rest:"
    rest
    echo "a busy group beside one at rest:"
    hot
    for n in 1 2 3; do kill_node "$n"; done
    rm -rf "$dir"/n[123]
    for n in 1 2 3; do start_node "$n"; done
    "$here/nodes.sh" form >"$dir/form.log" 2>&1 || { cat "$dir/form.log" >&2; exit 1; }
    began=$(now)
    "$somekv" cluster join "3..$1" --on 1,2,3 --node "$(control 1)" >/dev/null
    echo "$1 groups after $(since "$began") s"
    await_write 1
    echo "warming up"
    for n in 1 2 3; do hot >/dev/null; done
    echo "all at rest:"
    rest
    echo "a busy group beside the others at rest:"
    hot
    for n in 1 2 3; do kill_node "$n"; done
    began=$(now)
    for n in 1 2 3; do start_node "$n"; done
    await_write 1
    echo "all killed -9 and started: a write is carried out after $(since "$began") s"
    until "$somekv" cluster status --json --node "$(control 1)" 2>/dev/null |
        grep -q '"leaderless":\[\]'; do
        sleep 0.2
    done
    echo "all groups have leaders after $(since "$began") s, as 'cluster status' sees it"
}

moves() {
    "$somekv" drill moves --project "$here/.." --data "$dir/moves" --mib "$1"
    rm -rf "$dir/moves"
    "$somekv" drill move-kills --project "$here/.." --data "$dir/move-kills"
}

rebalance() {
    "$somekv" drill rebalance --project "$here/.." --data "$dir/rebalance" --mib "$1"
}

case "${1:---help}" in
    --help | -h) usage ;;
    overwrite) overwrite "${2:-5120}" ;;
    catch-up) catch_up "${2:-2048}" ;;
    replace) replace ;;
    groups) groups "${2:-1000}" ;;
    moves) moves "${2:-1024}" ;;
    rebalance) rebalance "${2:-256}" ;;
    *) usage >&2; exit 2 ;;
esac
