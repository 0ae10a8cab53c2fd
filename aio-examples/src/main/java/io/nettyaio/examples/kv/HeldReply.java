package io.nettyaio.examples.kv;

import io.netty.buffer.ByteBuf;

/**
 * Replies of one session that have to wait for a change to be committed.
 *
 * @param session whose they are
 * @param bytes   the replies; owned by the queue they wait in
 * @param ticket  of the change
 * @param replies how many they are
 */
record HeldReply(Session session, ByteBuf bytes, long ticket, int replies) {}
