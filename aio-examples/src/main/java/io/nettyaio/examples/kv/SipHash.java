package io.nettyaio.examples.kv;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;

/**
 * SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012) with a random key: clients choose the
 * keys of the keyspace, and without a secret in the hash they could choose them all for one bucket.
 *
 * <p><b>Threading.</b> Immutable, any thread.
 */
final class SipHash {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final SecureRandom RANDOM = new SecureRandom();

    private final long key0;
    private final long key1;

    SipHash(long key0, long key1) {
        this.key0 = key0;
        this.key1 = key1;
    }

    static SipHash random() {
        return new SipHash(RANDOM.nextLong(), RANDOM.nextLong());
    }

    int hash(byte[] bytes) {
        long hash = hash64(bytes);
        return (int) (hash ^ (hash >>> 32));
    }

    long hash64(byte[] bytes) {
        long v0 = key0 ^ 0x736f6d6570736575L;
        long v1 = key1 ^ 0x646f72616e646f6dL;
        long v2 = key0 ^ 0x6c7967656e657261L;
        long v3 = key1 ^ 0x7465646279746573L;
        int length = bytes.length;
        int end = length & -Long.BYTES;
        long word = 0;
        // The rounds are written once: the last turns are the final word's and the three of the finalization.
        for (int at = 0, extra = 0; extra < 4; ) {
            boolean message = extra == 0;
            if (at < end) {
                word = (long) LONGS.get(bytes, at);
                at += Long.BYTES;
            } else {
                if (message) {
                    word = (long) length << 56;
                    for (int i = length - 1; i >= end; i--) {
                        word |= (bytes[i] & 0xffL) << (8 * (i - end));
                    }
                } else {
                    word = 0;
                    if (extra == 1) {
                        v2 ^= 0xff;
                    }
                }
                extra++;
            }
            v3 ^= word;
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
            v0 ^= word;
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }
}
