package io.nettyaio.examples.kv;

/** Counters of the store loop. */
final class StoreStats {

    long commands;
    long errors;
    long connections;
    long rejectedConnections;
    long expiredKeys;
    long closedForOutput;
}
