package io.nettyaio.examples.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SipHashTest {

    /** The key of the paper's vectors, 00 01 02 ... 0f, and 64 messages 00 01 02 ... of growing length. */
    private final SipHash hash = new SipHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);

    private static byte[] message(int length) {
        byte[] message = new byte[length];
        for (int i = 0; i < length; i++) {
            message[i] = (byte) i;
        }
        return message;
    }

    /** SipHash-1-3 as an independent implementation has it, for lengths around the ends of words. */
    @Test
    void shouldBeSipHash13WhenComparedWithAPlainOne() {
        for (int length = 0; length < 64; length++) {
            assertThat(hash.hash64(message(length)))
                    .as("length %d", length)
                    .isEqualTo(plain(message(length), 0x0706050403020100L, 0x0f0e0d0c0b0a0908L));
        }
        // The first of the reference's vectors for one and three rounds.
        assertThat(hash.hash64(message(0))).isEqualTo(0xabac0158050fc4dcL);
    }

    @Test
    void shouldDifferWhenTheKeyDoes() {
        Set<Long> hashes = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            hashes.add(SipHash.random().hash64(message(5)));
        }
        assertThat(hashes).hasSizeGreaterThan(98);
    }

    private static long[] v;

    /** Straight from the paper, figure 2.1. */
    private static long plain(byte[] message, long k0, long k1) {
        v = new long[] {
            k0 ^ 0x736f6d6570736575L, k1 ^ 0x646f72616e646f6dL, k0 ^ 0x6c7967656e657261L, k1 ^ 0x7465646279746573L
        };
        int words = (message.length + 8) / 8;
        for (int w = 0; w < words; w++) {
            long m = 0;
            for (int i = 0; i < 8; i++) {
                int at = 8 * w + i;
                long one = at < message.length ? message[at] & 0xff : 0;
                m |= one << (8 * i);
            }
            if (w == words - 1) {
                m |= (long) message.length << 56;
            }
            v[3] ^= m;
            round();
            v[0] ^= m;
        }
        v[2] ^= 0xff;
        round();
        round();
        round();
        return v[0] ^ v[1] ^ v[2] ^ v[3];
    }

    private static void round() {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = Long.rotateLeft(v[1], 13);
        v[3] = Long.rotateLeft(v[3], 16);
        v[1] ^= v[0];
        v[3] ^= v[2];
        v[0] = Long.rotateLeft(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = Long.rotateLeft(v[1], 17);
        v[3] = Long.rotateLeft(v[3], 21);
        v[1] ^= v[2];
        v[3] ^= v[0];
        v[2] = Long.rotateLeft(v[2], 32);
    }
}
