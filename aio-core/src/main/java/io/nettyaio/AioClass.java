package io.nettyaio;

/**
 * A class of I/O: who shares a device with whom, and by how much. {@link AioFile#in} gives a view of a file whose
 * operations belong to a class; all that is not given one belongs to {@link #DEFAULT}.
 *
 * <p><b>Shares.</b> Classes that use a device at the same time are given its queue in proportion to their shares, across
 * all event loops; what a class does not use is lent to the others, and taken back as their operations end. A class counts
 * as a user of the device for 10 ms after its last operation. Long transfers go piece by piece meanwhile, so that they do
 * not fill the device's queue in front of others. A class with fewer shares than another that is there keeps away from the
 * device in between, for 50 ms at most, so that it has its share of the device's time.
 *
 * <p><b>Limits.</b> Bytes and operations for each second, for each device, of all event loops together; 0 for none. What
 * is over them waits on the loop it was started on, where it can be cancelled.
 *
 * <p><b>Priority.</b> Handed to the kernel with operations that go by kernel AIO, {@code ioprio_set(2)}; it matters to the
 * schedulers bfq and mq-deadline ({@code /sys/block/…/queue/scheduler}), others ignore it.
 *
 * <p><b>Identity.</b> Two classes are the same only where they are the same object: build one once and keep it. Immutable;
 * for any thread.
 */
public final class AioClass {

    /** What is given no class belongs to: 100 shares, no limits, no priority. */
    public static final AioClass DEFAULT = new Builder("default").build();

    private static final int MOST_SHARES = 10_000;
    private static final int PRIORITY_CLASS_SHIFT = 13;
    private static final int PRIORITY_BEST_EFFORT = 2;
    private static final int PRIORITY_IDLE = 3;

    private final String name;
    private final int shares;
    private final long bytesPerSecond;
    private final long operationsPerSecond;
    private final int ioPriority;

    private AioClass(Builder builder) {
        name = builder.name;
        shares = builder.shares;
        bytesPerSecond = builder.bytesPerSecond;
        operationsPerSecond = builder.operationsPerSecond;
        ioPriority = builder.ioPriority;
    }

    /**
     * Starts a class.
     *
     * @param name what metrics and messages call it
     * @throws IllegalArgumentException where it is empty
     */
    public static Builder builder(String name) {
        return new Builder(name);
    }

    /** What metrics and messages call it. */
    public String name() {
        return name;
    }

    /** Its shares of a device, beside those of the other classes that use it. */
    public int shares() {
        return shares;
    }

    /** Most bytes for each second and device; 0 for no limit. */
    public long bytesPerSecond() {
        return bytesPerSecond;
    }

    /** Most reads and writes for each second and device; 0 for no limit. A long transfer counts for each of its pieces. */
    public long operationsPerSecond() {
        return operationsPerSecond;
    }

    /** The kernel's value, as in {@code ioprio_set(2)}; 0 for none. For engines. */
    public int ioPriority() {
        return ioPriority;
    }

    /** Whether a limit is set. */
    public boolean isLimited() {
        return bytesPerSecond > 0 || operationsPerSecond > 0;
    }

    @Override
    public String toString() {
        return "AioClass(" + name + ", shares=" + shares + ", bytesPerSecond=" + bytesPerSecond
                + ", operationsPerSecond=" + operationsPerSecond + ", ioPriority=" + ioPriority + ')';
    }

    /** Collects what makes a class. Each setter throws {@link IllegalArgumentException} out of range. */
    public static final class Builder {

        private final String name;
        private int shares = 100;
        private long bytesPerSecond;
        private long operationsPerSecond;
        private int ioPriority;

        private Builder(String name) {
            if (name.isEmpty()) {
                throw new IllegalArgumentException("a class needs a name");
            }
            this.name = name;
        }

        /** {@link AioClass#shares()}; default 100, from 1 to 10,000. */
        public Builder shares(int count) {
            if (count < 1 || count > MOST_SHARES) {
                throw new IllegalArgumentException("shares=" + count + ": must be from 1 to " + MOST_SHARES);
            }
            shares = count;
            return this;
        }

        /** {@link AioClass#bytesPerSecond()}; default 0, no limit. */
        public Builder bytesPerSecond(long most) {
            bytesPerSecond = notNegative("bytesPerSecond", most);
            return this;
        }

        /** {@link AioClass#operationsPerSecond()}; default 0, no limit. */
        public Builder operationsPerSecond(long most) {
            operationsPerSecond = notNegative("operationsPerSecond", most);
            return this;
        }

        /**
         * The kernel's best-effort priority.
         *
         * @param level from 0, the highest, to 7, the lowest; the kernel's default is 4
         */
        public Builder bestEffort(int level) {
            if (level < 0 || level > 7) {
                throw new IllegalArgumentException("level=" + level + ": must be from 0, the highest, to 7");
            }
            ioPriority = PRIORITY_BEST_EFFORT << PRIORITY_CLASS_SHIFT | level;
            return this;
        }

        /** The kernel's idle priority: only when nobody else wants the device. */
        public Builder idle() {
            ioPriority = PRIORITY_IDLE << PRIORITY_CLASS_SHIFT;
            return this;
        }

        private static long notNegative(String what, long value) {
            if (value < 0) {
                throw new IllegalArgumentException(what + "=" + value + ": must not be negative; 0 for no limit");
            }
            return value;
        }

        /** The class. */
        public AioClass build() {
            return new AioClass(this);
        }
    }
}
