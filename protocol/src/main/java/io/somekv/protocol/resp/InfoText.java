package io.somekv.protocol.resp;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The text of INFO: sections of {@code name:value} lines, with the names that tools look for. */
final class InfoText {
    private static final List<String> SECTIONS =
            List.of(
                    "server",
                    "clients",
                    "memory",
                    "persistence",
                    "stats",
                    "replication",
                    "cpu",
                    "cluster",
                    "keyspace");

    private final boolean isClusterAware;
    private final StringBuilder text = new StringBuilder();

    private InfoText(boolean isClusterAware) {
        this.isClusterAware = isClusterAware;
    }

    static RespReply reply(RespCall call, NodeFacts facts) {
        Set<String> wanted = new LinkedHashSet<>();
        for (int i = 1; i < call.count(); i++) {
            String name = call.text(i).toLowerCase(Locale.ROOT);
            if (List.of("all", "default", "everything").contains(name)) {
                wanted.addAll(SECTIONS);
            } else {
                wanted.add(name);
            }
        }
        InfoText info = new InfoText(call.connection().isClusterAware());
        for (String section : SECTIONS) {
            if (wanted.isEmpty() || wanted.contains(section)) {
                info.section(section, facts);
            }
        }
        return new RespReply.Verbatim("txt", info.text.toString());
    }

    private void section(String name, NodeFacts facts) {
        if (!text.isEmpty()) {
            text.append("\r\n");
        }
        String title =
                name.equals("cpu")
                        ? "CPU"
                        : name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
        text.append("# ").append(title).append("\r\n");
        switch (name) {
            case "server" -> server(facts);
            case "clients" ->
                    line("connected_clients", facts.clients().size())
                            .line("maxclients", facts.connectionsMax())
                            .line("blocked_clients", 0);
            case "memory" ->
                    line("used_memory", facts.usedMemory())
                            .line("used_memory_rss", facts.usedMemory())
                            .line("maxmemory", facts.maxMemory())
                            .line("maxmemory_policy", "noeviction")
                            .line("duplicate_table_bytes", facts.duplicateTableBytes());
            case "persistence" ->
                    line("loading", 0)
                            .line("aof_enabled", 1)
                            .line("aof_last_write_status", "ok")
                            .line("rdb_bgsave_in_progress", 0)
                            .line("aof_rewrite_in_progress", 0)
                            .line("disk_free_bytes", facts.disk().freeBytes())
                            .line("disk_nearly_full", facts.disk().isNearlyFull() ? 1 : 0);
            case "stats" ->
                    line("total_connections_received", facts.connectionsReceived())
                            .line("total_commands_processed", facts.commandsProcessed())
                            .line("rejected_calls", facts.callsRejected());
            case "replication" ->
                    line("role", "master")
                            .line("connected_slaves", 0)
                            .line("master_replid", facts.runId())
                            .line("master_repl_offset", facts.appliedIndex())
                            .line("heartbeat_gap_max_ms", facts.heartbeatGapMillisMax());
            case "cpu" ->
                    line("used_cpu_sys", decimal(facts.cpuSystemSeconds()))
                            .line("used_cpu_user", decimal(facts.cpuUserSeconds()));
            case "cluster" -> line("cluster_enabled", isClusterAware ? 1 : 0);
            default -> {
                // "keyspace": Redis leaves the line out of an empty database; keys are counted by
                // DBSIZE, which asks every shard.
            }
        }
    }

    private void server(NodeFacts facts) {
        line("redis_version", RespCommands.REDIS_VERSION)
                .line("somekv_version", facts.version())
                .line("redis_mode", isClusterAware ? "cluster" : "standalone")
                .line("process_id", facts.processId())
                .line("run_id", facts.runId())
                .line("tcp_port", isClusterAware ? facts.clusterPort() : facts.respPort())
                .line("server_time_usec", facts.wallMicros())
                .line("uptime_in_seconds", facts.uptimeSeconds())
                .line("uptime_in_days", facts.uptimeSeconds() / 86_400);
    }

    private InfoText line(String name, long value) {
        return line(name, Long.toString(value));
    }

    private InfoText line(String name, String value) {
        text.append(name).append(':').append(value).append("\r\n");
        return this;
    }

    private static String decimal(double seconds) {
        return String.format(Locale.ROOT, "%.6f", seconds);
    }
}
