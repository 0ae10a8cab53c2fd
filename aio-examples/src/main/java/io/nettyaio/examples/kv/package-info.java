/**
 * {@code aio kv}: a key-value server that speaks Redis's protocol and whose durable writes and sockets share their event
 * loops.
 *
 * <p>Two halves. A connection's half belongs to its own event loop: {@code Connection} reads, {@code RequestParser} makes
 * commands of the bytes. The store's half belongs to one loop, the store loop: {@code Session} runs its client's commands,
 * found in {@code CommandTable}, on the {@code Keyspace}; what they change goes to the {@code Journal}, which hands it to
 * the write-ahead log and lets replies go only when what they tell is durable. With one loop, the default, the halves
 * call each other; with more, they hand each other batches. Nothing blocks either of them.
 */
@NullMarked
package io.nettyaio.examples.kv;

import org.jspecify.annotations.NullMarked;
