package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.Future;
import io.nettyaio.AioException;
import io.nettyaio.AioOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Files closed in one tick. */
@Timeout(30)
class CloseGroupTest {

    private final TestFile file = TestFile.ofSize(100);

    @AfterEach
    void deleteFile() {
        file.close();
    }

    /** Notes which thread has closed what; each close takes a while, so that several threads would share them. */
    private static class Closes extends ScriptedSyscalls {
        final Map<Integer, Thread> closers = new ConcurrentHashMap<>();

        @Override
        public int close(int fd) {
            LockSupport.parkNanos(500_000);
            closers.put(fd, Thread.currentThread());
            return super.close(fd);
        }
    }

    private List<EpollAioFile> open(Engine engine, int count, AioOpenOption... options) {
        List<EpollAioFile> files = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            files.add(engine.open(file.path(), options));
        }
        return files;
    }

    private static List<Future<Void>> close(Engine engine, List<EpollAioFile> files) {
        List<Future<Void>> closed = new ArrayList<>();
        Holdup holdup = engine.holdLoop();
        files.forEach(each -> closed.add(each.close()));
        holdup.letGo();
        return closed;
    }

    private static Set<Thread> threads(Closes closes, List<EpollAioFile> files) {
        Set<Thread> threads = new HashSet<>();
        files.forEach(each -> threads.add(closes.closers.get(each.handle().fd())));
        return threads;
    }

    @Test
    void shouldCloseOnOneHelperWhenOnlyRead() {
        Closes closes = new Closes();
        try (Engine engine = new Engine(closes)) {
            List<EpollAioFile> files = open(engine, 20, AioOpenOption.READ);
            close(engine, files).forEach(Await::value);
            assertThat(threads(closes, files)).hasSize(1);
            assertThat(engine.context.stats().pending()).isZero();
        }
    }

    /** So that not too many are behind one that takes long after all. */
    @Test
    void shouldShareThemOutWhenThereAreMany() {
        Closes closes = new Closes();
        try (Engine engine = new Engine(closes)) {
            List<EpollAioFile> files = open(engine, 100, AioOpenOption.READ);
            close(engine, files).forEach(Await::value);
            assertThat(threads(closes, files)).hasSizeBetween(2, 4);
        }
    }

    /** What was written may have to be waited for: no other close does. */
    @Test
    void shouldCloseOnHelpersOfTheirOwnWhenWritten() {
        Closes closes = new Closes();
        try (Engine engine = new Engine(closes)) {
            List<EpollAioFile> files = open(engine, 8, AioOpenOption.WRITE);
            close(engine, files).forEach(Await::value);
            assertThat(threads(closes, files)).hasSizeGreaterThan(1);
        }
    }

    @Test
    void shouldFailOnlyThatOneWhenACloseFails() {
        Set<Integer> broken = ConcurrentHashMap.newKeySet();
        Closes closes = new Closes() {
            @Override
            public int close(int fd) {
                int answer = super.close(fd);
                return broken.contains(fd) ? -Errno.EIO : answer;
            }
        };
        try (Engine engine = new Engine(closes)) {
            List<EpollAioFile> files = open(engine, 6, AioOpenOption.READ);
            broken.add(files.get(0).handle().fd());
            broken.add(files.get(3).handle().fd());
            List<Future<Void>> closed = close(engine, files);
            for (int i = 0; i < files.size(); i++) {
                if (i % 3 == 0) {
                    assertThat(Await.failure(closed.get(i))).isInstanceOf(AioException.class);
                } else {
                    Await.value(closed.get(i));
                }
            }
        }
    }

    /** More than one may lead, and a context that closes waits for all of them. */
    @Test
    void shouldCloseAllWhenContextCloses() {
        Closes closes = new Closes();
        List<EpollAioFile> files;
        try (Engine engine = new Engine(closes)) {
            files = open(engine, 100, AioOpenOption.READ);
        }
        assertThat(closes.closers)
                .containsKeys(files.stream().map(each -> each.handle().fd()).toArray(Integer[]::new));
    }
}
