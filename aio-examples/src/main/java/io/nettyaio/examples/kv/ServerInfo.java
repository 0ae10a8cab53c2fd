package io.nettyaio.examples.kv;

import io.nettyaio.examples.log.LogStats;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What INFO tells: the fields that tools look for, by Redis's names, and some of the log's. */
final class ServerInfo {

    /** What clients take it for: the version whose commands and errors are followed. */
    static final String REDIS_VERSION = "7.0.15";

    private final Store store;
    private final long startedNanos = System.nanoTime();
    private final Map<String, Consumer<Section>> sections = new LinkedHashMap<>();
    private Supplier<@Nullable LogStats> logStats = () -> null;
    private @Nullable Compactor compactor;

    ServerInfo(Store store) {
        this.store = store;
        sections.put("server", this::server);
        sections.put("clients", this::clients);
        sections.put("memory", this::memory);
        sections.put("persistence", this::persistence);
        sections.put("stats", this::stats);
        sections.put("replication", this::replication);
        sections.put("cpu", this::cpu);
        sections.put("keyspace", this::keyspace);
    }

    /** Where the log's figures come from. */
    void logStats(Supplier<@Nullable LogStats> source) {
        logStats = source;
    }

    /** Who makes snapshots. */
    void compactor(Compactor made) {
        compactor = made;
    }

    /**
     * The text.
     *
     * @param asked names in lower case; all sections where there are none
     */
    String text(List<String> asked) {
        boolean all =
                asked.isEmpty() || asked.contains("all") || asked.contains("default") || asked.contains("everything");
        StringBuilder text = new StringBuilder();
        sections.forEach((name, writer) -> {
            if (all || asked.contains(name)) {
                if (text.length() > 0) {
                    text.append("\r\n");
                }
                text.append("# ")
                        .append(Character.toUpperCase(name.charAt(0)))
                        .append(name, 1, name.length())
                        .append("\r\n");
                writer.accept((field, value) ->
                        text.append(field).append(':').append(value).append("\r\n"));
            }
        });
        return text.toString();
    }

    private interface Section {
        void add(String field, Object value);
    }

    private void server(Section to) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startedNanos);
        to.add("redis_version", REDIS_VERSION);
        to.add("server_name", "netty-aio-kv");
        to.add("redis_mode", "standalone");
        to.add("os", System.getProperty("os.name") + ' ' + System.getProperty("os.version"));
        to.add("arch_bits", 64);
        to.add("process_id", ProcessHandle.current().pid());
        to.add("tcp_port", store.config().port());
        to.add("uptime_in_seconds", seconds);
        to.add("uptime_in_days", TimeUnit.SECONDS.toDays(seconds));
        to.add("hz", 10);
        to.add("io_threads_active", store.config().loops() > 1 ? 1 : 0);
    }

    private void clients(Section to) {
        to.add("connected_clients", store.sessions().size());
        to.add("maxclients", store.config().maxClients());
    }

    private void memory(Section to) {
        to.add("used_memory", store.usedBytes());
        to.add("used_memory_dataset", store.journal().keyspace().usedBytes());
        to.add("maxmemory", store.config().maxMemoryBytes());
        to.add("maxmemory_policy", "noeviction");
        Runtime runtime = Runtime.getRuntime();
        to.add("jvm_heap_used", runtime.totalMemory() - runtime.freeMemory());
        to.add("jvm_heap_max", runtime.maxMemory());
    }

    private void persistence(Section to) {
        boolean takes = store.journal().log().refusal() == null;
        to.add("loading", 0);
        to.add("aof_enabled", 1);
        to.add("aof_last_write_status", takes ? "ok" : "err");
        to.add("log_pending_changes", store.journal().pending());
        to.add("log_rollbacks", store.journal().rollbacks());
        Compactor snapshots = compactor;
        if (snapshots != null) {
            to.add("aof_rewrite_in_progress", snapshots.isRunning() ? 1 : 0);
            to.add("log_snapshots_made", snapshots.made());
        }
        LogStats log = logStats.get();
        if (log != null) {
            to.add("log_sequence", log.lastSequence());
            to.add("log_durable_sequence", log.durableSequence());
            to.add("log_bytes", log.logBytes());
            to.add("log_snapshot_bytes", log.snapshotBytes());
            to.add("log_segments", log.segments());
            to.add("log_commits", log.commits());
            to.add("log_syncs", log.syncs());
            to.add("log_records", log.records());
            to.add("log_longest_commit_usec", TimeUnit.NANOSECONDS.toMicros(log.longestCommitNanos()));
        }
    }

    private void stats(Section to) {
        StoreStats stats = store.stats();
        to.add("total_connections_received", stats.connections);
        to.add("total_commands_processed", stats.commands);
        to.add("rejected_connections", stats.rejectedConnections);
        to.add("expired_keys", stats.expiredKeys);
        to.add("evicted_keys", 0);
        to.add("total_error_replies", stats.errors);
        to.add("client_output_buffer_limit_disconnections", stats.closedForOutput);
    }

    private void replication(Section to) {
        to.add("role", "master");
        to.add("connected_slaves", 0);
    }

    private void cpu(Section to) {
        to.add(
                "used_cpu_user",
                ProcessHandle.current()
                        .info()
                        .totalCpuDuration()
                        .map(cpu -> cpu.toMillis() / 1e3)
                        .orElse(0.0));
    }

    private void keyspace(Section to) {
        Keyspace keyspace = store.journal().keyspace();
        if (keyspace.size() > 0) {
            to.add("db0", "keys=" + keyspace.size() + ",expires=" + keyspace.expiringSize() + ",avg_ttl=0");
        }
    }
}
