package io.nettyaio.examples.cp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.ImmediateEventExecutor;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.examples.cp.Extents.Extent;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which parts of a file are copied. */
@Timeout(10)
class ExtentsTest {

    private static final int MIB = 1 << 20;

    /** Where data and holes begin in turn, data first; the last is the end of the file. */
    private static AioFile file(long... borders) {
        return (AioFile) Proxy.newProxyInstance(
                AioFile.class.getClassLoader(), new Class<?>[] {AioFile.class}, (self, method, arguments) -> {
                    long from = (Long) arguments[0];
                    return future(
                            switch (method.getName()) {
                                case "nextData" -> nextData(from, borders);
                                case "nextHole" -> nextHole(from, borders);
                                default -> throw new UnsupportedOperationException(method.getName());
                            });
                });
    }

    private static long nextData(long from, long... borders) {
        for (int i = 0; i + 1 < borders.length; i += 2) {
            if (from < borders[i + 1]) {
                return Math.max(from, borders[i]);
            }
        }
        return -1;
    }

    private static long nextHole(long from, long... borders) {
        for (int i = 0; i + 1 < borders.length; i += 2) {
            if (from < borders[i]) {
                return from;
            }
            if (from < borders[i + 1]) {
                return borders[i + 1];
            }
        }
        return from;
    }

    @SuppressWarnings("unchecked") // a proxy knows no type arguments
    private static AioFuture<Long> future(long value) {
        return (AioFuture<Long>) Proxy.newProxyInstance(
                AioFuture.class.getClassLoader(),
                new Class<?>[] {AioFuture.class},
                (self, method, arguments) -> switch (method.getName()) {
                    case "toCompletionStage" -> CompletableFuture.completedStage(value);
                    case "executor" -> ImmediateEventExecutor.INSTANCE;
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    private static List<Extent> all(Extents extents) {
        List<Extent> all = new ArrayList<>();
        for (Extent extent = next(extents); extent != null; extent = next(extents)) {
            all.add(extent);
        }
        assertThat(next(extents)).as("after the last").isNull();
        return all;
    }

    private static Extent next(Extents extents) {
        return extents.next().toCompletableFuture().getNow(new Extent(-1, -1));
    }

    @Test
    void shouldBeOneWhenFileHasNoHoles() {
        assertThat(all(new Extents(file(), 12_345, false, 4096))).containsExactly(new Extent(0, 12_345));
        assertThat(all(new Extents(file(), 0, false, 1))).isEmpty();
    }

    @Test
    void shouldLeaveOutHolesWhenSparse() {
        AioFile file = file(MIB, 2 * MIB, 5 * MIB, 6 * MIB);
        assertThat(all(new Extents(file, 8 * MIB, true, 1)))
                .containsExactly(new Extent(MIB, 2 * MIB), new Extent(5 * MIB, 6 * MIB));
    }

    @Test
    void shouldBeNoneWhenFileIsOneHole() {
        assertThat(all(new Extents(file(), 1L << 40, true, 4096))).isEmpty();
    }

    @Test
    void shouldEndAtTheLengthWhenFileHasGrown() {
        assertThat(all(new Extents(file(MIB, 9 * MIB), 3 * MIB - 5, true, 1)))
                .containsExactly(new Extent(MIB, 3 * MIB - 5));
        assertThat(all(new Extents(file(4 * MIB, 9 * MIB), 3 * MIB, true, 1))).isEmpty();
    }

    /** Outwards, never twice the same, and not past the end. */
    @Test
    void shouldBeAlignedWhenDirect() {
        AioFile file = file(1000, 5000, 6000, 7000, 20_000, 20_500);
        assertThat(all(new Extents(file, 20_500, true, 4096)))
                .containsExactly(new Extent(0, 8192), new Extent(16_384, 20_500));
    }
}
