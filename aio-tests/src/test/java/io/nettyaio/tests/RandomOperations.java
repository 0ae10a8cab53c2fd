package io.nettyaio.tests;

import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Promise;
import io.nettyaio.AioBatch;
import io.nettyaio.AioCallback;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/**
 * Rounds of random operations on one file through two views, and the model they must agree with. What is in flight at
 * once touches disjoint ranges, so that its outcome is certain.
 */
final class RandomOperations {

    private static final int MOST_BYTES = 1 << 20;
    private static final int MOST_IN_FLIGHT = 24;
    private static final int ROUNDS_BETWEEN_CHECKS = 100;

    private final Random random;
    private final AioFile[] views;
    private final int alignment;
    private final RandomBuffers buffers;
    private final byte[] model = new byte[MOST_BYTES];
    private final List<Future<?>> writesOfFirst = new ArrayList<>();
    private final List<Future<?>> writesOfSecond = new ArrayList<>();
    private int size;
    private int rounds;
    private int done;
    private String last = "nothing yet";

    /** What is in flight: its future, and what has to hold when it has completed. */
    private record Started(String what, Future<?> future, Check check) {}

    private interface Check {
        void run() throws Exception;
    }

    private interface Start {
        /** Starts an operation, in the batch where there is one. */
        Started start(AioFile view, AioBatch batch) throws Exception;
    }

    RandomOperations(AioTestLoops aio, long seed, AioFile first, AioFile second) {
        random = new Random(seed);
        views = new AioFile[] {first, second};
        alignment = first.alignment();
        buffers = new RandomBuffers(aio, random, alignment);
    }

    int done() {
        return done;
    }

    @Override
    public String toString() {
        return "round " + rounds + ", operation " + done + ", size " + size + ", alignment " + alignment + ", " + last;
    }

    /** Starts some operations, waits for all, checks each. */
    void round() throws Exception {
        writesOfFirst.clear();
        writesOfSecond.clear();
        List<Started> started = new ArrayList<>();
        int kind = random.nextInt(100);
        if (kind < 6) {
            started.add(reshape());
        } else if (kind < 18 && size % alignment == 0) {
            appends(started);
        } else {
            transfers(started);
        }
        for (Started operation : started) {
            last = operation.what();
            get(operation.future());
            operation.check().run();
        }
        done += started.size();
        if (++rounds % ROUNDS_BETWEEN_CHECKS == 0) {
            last = "whole file";
            checkWholeFile();
        }
    }

    void checkWholeFile() throws Exception {
        byte[] content = Files.readAllBytes(Path.of(views[0].path()));
        assertThat(content.length).as("size of the file").isEqualTo(size);
        int wrong = Arrays.mismatch(content, 0, size, model, 0, size);
        assertThat(wrong).as("first wrong byte of the file").isEqualTo(-1);
    }

    // ---- alone: what changes the shape -----------------------------------------------------------------------------

    private Started reshape() {
        AioFile view = view();
        if (random.nextInt(3) == 0) {
            int offset = random.nextInt(MOST_BYTES / 2);
            int length = 1 + random.nextInt(MOST_BYTES / 8);
            return new Started("allocate " + offset + " " + length, view.allocate(offset, length), () -> {
                size = Math.max(size, offset + length);
                assertThat(get(view.size())).isEqualTo(size);
            });
        }
        int to = random.nextInt(4) == 0 ? random.nextInt(MOST_BYTES / 2) : random.nextInt(64) * 4096;
        return new Started("truncate " + to, view.truncate(to), () -> {
            if (to < size) {
                Arrays.fill(model, to, size, (byte) 0);
            }
            size = to;
            assertThat(get(view.stat()).sizeBytes()).isEqualTo(size);
        });
    }

    // ---- together: appends, and reads of what was there ------------------------------------------------------------

    private void appends(List<Started> started) throws Exception {
        int sizeBefore = size;
        int count = 1 + random.nextInt(8);
        for (int i = 0; i < count; i++) {
            int length = random.nextInt(4) == 0
                    ? random.nextInt(64) * 1024
                    : random.nextInt(2000) * (alignment == 1 ? 1 : 0) + alignment * random.nextInt(4);
            length = length / alignment * alignment;
            if (size + length > MOST_BYTES) {
                break;
            }
            byte[] bytes = bytes(length);
            System.arraycopy(bytes, 0, model, size, length);
            size += length;
            RandomBuffers.Source src = buffers.source(bytes);
            int expected = length;
            AioFile view = view();
            AioFuture<?> future;
            if (random.nextInt(4) == 0) {
                AioBatch batch = view.context().batch().append(view, src.passed);
                get(checkedBatch(batch));
                future = batch.futures().get(0);
            } else {
                future = view.append(src.passed);
            }
            writes(view).add(future);
            started.add(new Started("append " + length, future, () -> {
                assertThat(future.getNow()).isEqualTo(expected);
                src.checkReleased();
            }));
            if (random.nextInt(10) == 0) {
                started.add(sync(view));
            }
            if (sizeBefore > 0 && random.nextInt(3) == 0) {
                int offset = random.nextInt(sizeBefore);
                started.add(
                        read(offset, random.nextInt(sizeBefore - offset + 1)).start(view(), null));
            }
        }
        started.add(sizeBetween(sizeBefore, size));
    }

    private static Future<Void> checkedBatch(AioBatch batch) {
        assertThat(batch.size()).isOne();
        return batch.submit();
    }

    private Started sizeBetween(int least, int most) {
        AioFuture<Long> future = view().size();
        return new Started("size", future, () -> assertThat(future.getNow()).isBetween((long) least, (long) most));
    }

    // ---- together: reads and writes of disjoint ranges -------------------------------------------------------------

    private void transfers(List<Started> started) throws Exception {
        boolean extending = random.nextInt(4) == 0;
        int window = Math.max(2 * MOST_IN_FLIGHT * alignment, MOST_BYTES >> random.nextInt(10));
        int from = random.nextInt(Math.max(1, Math.min(size, MOST_BYTES - window) + 1)) / alignment * alignment;
        int sizeBefore = size;
        List<Start> starts = new ArrayList<>();
        int[] points = points(from, Math.min(MOST_BYTES, from + window));
        for (int i = 0; i + 1 < points.length; i += 2) {
            int offset = points[i];
            int length = points[i + 1] - offset;
            boolean within = offset + length <= sizeBefore;
            boolean write = extending ? !within || random.nextBoolean() : within && random.nextBoolean();
            starts.add(write ? write(offset, length) : read(offset, length));
        }
        boolean batched = random.nextInt(4) == 0;
        AioFile batchView = view();
        AioBatch batch = batchView.context().batch();
        for (Start start : starts) {
            boolean inBatch = batched && random.nextInt(3) > 0;
            started.add(start.start(inBatch ? batchView : view(), inBatch ? batch : null));
            if (random.nextInt(40) == 0) {
                started.add(sync(view()));
            }
        }
        if (batch.size() > 0) {
            AioFuture<Void> all = batch.submit();
            List<AioFuture<?>> futures = batch.futures();
            started.add(new Started(
                    "batch of " + batch.size(), all, () -> assertThat(futures).allMatch(AioFuture::isSuccess)));
        }
        if (random.nextInt(8) == 0) {
            started.add(sizeBetween(sizeBefore, size));
        }
    }

    /** An even number of different points, in order: each pair is a range. */
    private int[] points(int from, int to) {
        int most = 2 * (1 + random.nextInt(MOST_IN_FLIGHT));
        TreeSet<Integer> points = new TreeSet<>();
        for (int tries = 0; points.size() < most && tries < 4 * most; tries++) {
            points.add(from + random.nextInt((to - from) / alignment + 1) * alignment);
        }
        if (points.size() % 2 == 1) {
            points.pollLast();
        }
        return points.stream().mapToInt(Integer::intValue).toArray();
    }

    private Start read(int offset, int length) {
        int expected = Math.max(0, Math.min(length, size - offset));
        byte[] bytes = expected == 0 ? new byte[0] : Arrays.copyOfRange(model, offset, offset + expected);
        int form = random.nextInt(5);
        // Only what is allocated by the library may begin and end anywhere on a direct file.
        boolean free = alignment == 1 || (offset % alignment == 0 && length % alignment == 0);
        if (form == 0 || !free) {
            return (view, batch) -> {
                AioFuture<ByteBuf> future = view.read(offset, length);
                return new Started("read(" + offset + ", " + length + ")", future, () -> {
                    ByteBuf read = future.getNow();
                    byte[] actual = new byte[read.readableBytes()];
                    read.getBytes(read.readerIndex(), actual);
                    assertThat(read.refCnt()).isOne();
                    read.release();
                    checkEqual(actual, bytes);
                });
            };
        }
        if (form == 1) {
            return (view, batch) -> readVector(view, batch, offset, length, bytes);
        }
        return (view, batch) -> {
            RandomBuffers.Destination dst = buffers.destination(length);
            String what = "read " + dst.passed + " at " + offset;
            if (batch == null && form == 2) {
                Promise<Long> called = ImmediateEventExecutor.INSTANCE.newPromise();
                view.read(dst.passed, offset, called, complete());
                return new Started(what + " by callback", called, () -> {
                    assertThat(called.getNow()).isEqualTo(expected);
                    dst.checkAndRelease(bytes);
                });
            }
            AioFuture<?> future =
                    batch == null ? view.read(dst.passed, offset) : last(batch.read(view, dst.passed, offset));
            return new Started(what, future, () -> {
                assertThat(future.getNow()).isEqualTo(expected);
                dst.checkAndRelease(bytes);
            });
        };
    }

    private Started readVector(AioFile view, AioBatch batch, int offset, int length, byte[] bytes) {
        List<RandomBuffers.Destination> dsts = new ArrayList<>();
        for (int part : parts(length)) {
            dsts.add(buffers.destination(part));
        }
        ByteBuf[] passed = dsts.stream().map(dst -> dst.passed).toArray(ByteBuf[]::new);
        AioFuture<?> future = batch == null ? view.read(passed, offset) : last(batch.read(view, passed, offset));
        return new Started("vectored read of " + passed.length + " at " + offset, future, () -> {
            assertThat(future.getNow()).isEqualTo((long) bytes.length);
            int at = 0;
            for (RandomBuffers.Destination dst : dsts) {
                int filled = Math.min(dst.length(), bytes.length - at);
                dst.checkAndRelease(Arrays.copyOfRange(bytes, at, at + filled));
                at += filled;
            }
        });
    }

    private Start write(int offset, int length) {
        byte[] bytes = bytes(length);
        System.arraycopy(bytes, 0, model, offset, length);
        size = Math.max(size, length == 0 ? 0 : offset + length);
        int form = random.nextInt(4);
        return (view, batch) -> {
            if (form == 0) {
                return writeVector(view, batch, offset, bytes);
            }
            RandomBuffers.Source src = buffers.source(bytes);
            String what = "write " + src.passed + " at " + offset;
            if (batch == null && form == 1) {
                Promise<Long> called = ImmediateEventExecutor.INSTANCE.newPromise();
                view.write(src.passed, offset, called, complete());
                writes(view).add(called);
                return new Started(what + " by callback", called, () -> {
                    assertThat(called.getNow()).isEqualTo(length);
                    src.checkReleased();
                });
            }
            AioFuture<?> future = batch == null
                    ? watched(view, view.write(src.passed, offset))
                    : last(batch.write(view, src.passed, offset));
            return new Started(what, future, () -> {
                assertThat(future.getNow()).isEqualTo(length);
                src.checkReleased();
            });
        };
    }

    private Started writeVector(AioFile view, AioBatch batch, int offset, byte[] bytes) {
        List<RandomBuffers.Source> srcs = new ArrayList<>();
        int at = 0;
        for (int part : parts(bytes.length)) {
            srcs.add(buffers.source(Arrays.copyOfRange(bytes, at, at + part)));
            at += part;
        }
        ByteBuf[] passed = srcs.stream().map(src -> src.passed).toArray(ByteBuf[]::new);
        AioFuture<?> future =
                batch == null ? watched(view, view.write(passed, offset)) : last(batch.write(view, passed, offset));
        return new Started("vectored write of " + passed.length + " at " + offset, future, () -> {
            assertThat(future.getNow()).isEqualTo((long) bytes.length);
            srcs.forEach(RandomBuffers.Source::checkReleased);
        });
    }

    /** A sync of some form. When it completes, the writes and appends started before it in this view have. */
    private Started sync(AioFile view) {
        int form = random.nextInt(4);
        if (form == 0) {
            return new Started("syncRange", view.syncRange(0, 0), () -> {});
        }
        List<Future<?>> covered = List.copyOf(writes(view));
        AioFuture<Void> future = form == 1 ? view.fsync() : view.fdatasync();
        CompletableFuture<Boolean> coveredThen = new CompletableFuture<>();
        future.addListener(sync -> coveredThen.complete(covered.stream().allMatch(Future::isDone)));
        return new Started(
                "sync",
                future,
                () -> assertThat(coveredThen.get())
                        .as("%d writes had completed when the sync did", covered.size())
                        .isTrue());
    }

    private AioFuture<?> watched(AioFile view, AioFuture<?> write) {
        writes(view).add(write);
        return write;
    }

    private List<Future<?>> writes(AioFile view) {
        return view == views[0] ? writesOfFirst : writesOfSecond;
    }

    // ---- small things ----------------------------------------------------------------------------------------------

    private AioFile view() {
        return views[random.nextInt(2)];
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private List<Integer> parts(int length) {
        List<Integer> parts = new ArrayList<>();
        for (int left = length; left > 0 && parts.size() < 12; ) {
            int part = parts.size() == 11 ? left : Math.min(left, random.nextInt(left / alignment / 2 + 2) * alignment);
            parts.add(part);
            left -= part;
        }
        return parts;
    }

    private static AioFuture<?> last(AioBatch batch) {
        return batch.futures().get(batch.size() - 1);
    }

    private static AioCallback<Promise<Long>> complete() {
        return (result, cause, promise) -> {
            if (cause == null) {
                promise.setSuccess(result);
            } else {
                promise.setFailure(cause);
            }
        };
    }

    private static void checkEqual(byte[] actual, byte[] expected) {
        assertThat(actual.length).as("bytes read").isEqualTo(expected.length);
        assertThat(Arrays.mismatch(actual, expected)).as("first wrong byte").isEqualTo(-1);
    }
}
