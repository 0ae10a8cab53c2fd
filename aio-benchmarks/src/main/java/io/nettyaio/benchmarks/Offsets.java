package io.nettyaio.benchmarks;

import java.util.SplittableRandom;

/** Which block is read next. Not thread-safe: belongs to one loop. */
abstract class Offsets {

    /** What {@link #next()} answers when every block has been read. */
    static final long USED_UP = -1;

    /** A byte offset, or {@link #USED_UP}. */
    abstract long next();

    /**
     * Any block, with equal probability. The same generator and scaling as in {@code aio_loop.c}.
     *
     * @param bytes range to read from; 0 for always the first block
     */
    static Offsets random(long bytes, long seed) {
        long blocks = bytes / Side.BLOCK_BYTES;
        return new Offsets() {
            private long state = seed;

            @Override
            long next() {
                long z = state += 0x9e3779b97f4a7c15L;
                z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
                z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
                z ^= z >>> 31;
                return (((z >>> 33) * blocks) >>> 31) * Side.BLOCK_BYTES;
            }
        };
    }

    /** Each block once, in random order: a block that was read already would be found in the page cache. */
    static Offsets permutation(long bytes, long seed) {
        int[] blocks = new int[Math.toIntExact(bytes / Side.BLOCK_BYTES)];
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < blocks.length; i++) {
            int j = random.nextInt(i + 1);
            blocks[i] = blocks[j];
            blocks[j] = i;
        }
        return new Offsets() {
            private int taken;

            @Override
            long next() {
                return taken == blocks.length ? USED_UP : (long) blocks[taken++] * Side.BLOCK_BYTES;
            }
        };
    }
}
