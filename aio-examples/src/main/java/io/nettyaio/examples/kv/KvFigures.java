package io.nettyaio.examples.kv;

import io.nettyaio.examples.log.LogState;
import io.nettyaio.examples.log.LogStats;
import org.jspecify.annotations.Nullable;

/**
 * What the store loop shows of itself to other threads: a copy, made every tenth of a second.
 *
 * @param commands            run
 * @param errors              replied
 * @param accepted            connections that have come
 * @param rejected            connections there was no room for
 * @param cut                 clients cut off for not taking their replies
 * @param clients             connected
 * @param keys                in the keyspace
 * @param expired             keys that have gone by their time to live
 * @param usedBytes           keys, values, and replies that wait
 * @param pendingChanges      changes that are not acknowledged yet
 * @param rollbacks           times that changes have been taken back
 * @param logState            what the log does with changes
 * @param refusal             why it takes none; {@code null} where it does
 * @param log                 the log's figures; {@code null} where there is none yet
 */
record KvFigures(
        long commands,
        long errors,
        long accepted,
        long rejected,
        long cut,
        int clients,
        int keys,
        long expired,
        long usedBytes,
        long pendingChanges,
        long rollbacks,
        LogState logState,
        @Nullable String refusal,
        LogStats log) {}
