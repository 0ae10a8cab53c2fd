package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.APPEND;
import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Appends land whole, at the end, in the order they were started; and what O_APPEND does to writes. */
@Timeout(60)
class AppendIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static ByteBuf text(String text) {
        return aio.buffers().directBuffer().writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Many appends of different lengths, started without waiting, in two ways of opening. */
    @OnEachFileSystem
    void shouldLandInOrderWhenStartedAtOnce(TestFileSystem fileSystem) throws Exception {
        Path directory = fileSystem.newDirectory();
        AioFile appended = aio.open(directory.resolve("append"), CREATE, APPEND);
        AioFile written = aio.open(directory.resolve("write"), CREATE, WRITE);
        for (AioFile file : List.of(appended, written)) {
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            List<AioFuture<Integer>> appends = new ArrayList<>();
            Random random = new Random(4);
            for (int i = 0; i < 300; i++) {
                byte[] record = Patterns.bytes(i, 0, 1 + random.nextInt(i % 50 == 0 ? 100_000 : 300));
                expected.writeBytes(record);
                appends.add(file.append(aio.buffers().directBuffer().writeBytes(record)));
            }
            for (AioFuture<Integer> append : appends) {
                assertThat(get(append)).isPositive();
            }
            assertThat(Files.readAllBytes(Path.of(file.path()))).isEqualTo(expected.toByteArray());
        }
    }

    /** The order holds across views on different loops. */
    @OnEachFileSystem
    void shouldLandInOrderWhenStartedThroughTwoViews(TestFileSystem fileSystem) throws Exception {
        AioFile first = aio.open(fileSystem.newDirectory().resolve("file"), CREATE, WRITE);
        AioFile second = aio.on(first, 1);
        StringBuilder expected = new StringBuilder();
        List<AioFuture<Integer>> appends = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            String record = "record " + i + '\n';
            expected.append(record);
            appends.add((i % 3 == 0 ? second : first).append(text(record)));
        }
        for (AioFuture<Integer> append : appends) {
            get(append);
        }
        assertThat(Path.of(first.path())).hasContent(expected.toString());
    }

    /** From several threads at once: each record whole, each thread's records in its order. */
    @OnEachFileSystem
    void shouldLandWholeWhenStartedByManyThreads(TestFileSystem fileSystem) throws Exception {
        AioFile first = aio.open(fileSystem.newDirectory().resolve("file"), CREATE, WRITE);
        AioFile second = aio.on(first, 1);
        int threads = 4;
        int records = 200;
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                AioFile view = thread % 2 == 0 ? first : second;
                String name = "thread " + thread + " record ";
                tasks.add(() -> {
                    List<AioFuture<Integer>> appends = new ArrayList<>();
                    for (int i = 0; i < records; i++) {
                        appends.add(view.append(text(name + i + '\n')));
                    }
                    for (AioFuture<Integer> append : appends) {
                        get(append);
                    }
                    return null;
                });
            }
            for (Future<Void> done : executor.invokeAll(tasks)) {
                done.get();
            }
        } finally {
            executor.shutdownNow();
        }
        int[] next = new int[threads];
        for (String line : Files.readAllLines(Path.of(first.path()))) {
            assertThat(line).matches("thread \\d record \\d+");
            int thread = line.charAt(7) - '0';
            assertThat(line).isEqualTo("thread " + thread + " record " + next[thread]++);
        }
        assertThat(next).containsOnly(records);
    }

    /** Appends go to where the end is by then: after a truncate, and after another process has written. */
    @OnEachFileSystem
    void shouldGoToTheEndWhenFileHasChanged(TestFileSystem fileSystem) throws Exception {
        Path path = fileSystem.newDirectory().resolve("file");
        AioFile file = aio.open(path, CREATE, READ, WRITE);
        get(file.append(text("one,")));
        get(file.write(text("ONE"), 0));
        Files.writeString(path, "ONE,two,", StandardCharsets.US_ASCII);
        get(file.append(text("three,")));
        get(file.truncate(4));
        get(file.append(text("four")));
        assertThat(path).hasContent("ONE,four");
    }

    /** O_APPEND ignores a write's offset (trap 30): such a write is refused before it can land elsewhere. */
    @OnEachFileSystem
    void shouldRefuseWriteWhenOpenedToAppend(TestFileSystem fileSystem) throws Exception {
        Path path = Files.writeString(fileSystem.newDirectory().resolve("file"), "before");
        AioFile file = aio.open(path, APPEND);
        ByteBuf src = text("lost");
        AioException failure = failure(file.write(src, 0));
        assertThat(failure.kind()).isEqualTo(AioException.Kind.ARGUMENT);
        assertThat(src.refCnt()).isZero();
        ByteBuf vectored = text("lost");
        assertThat(failure(file.write(new ByteBuf[] {vectored}, 0)).kind()).isEqualTo(AioException.Kind.ARGUMENT);
        assertThat(vectored.refCnt()).isZero();
        assertThat(get(file.append(text(" after")))).isEqualTo(6);
        assertThat(path).hasContent("before after");
    }

    /** A file opened with APPEND alone is not for reading; with READ it is. */
    @OnEachFileSystem
    void shouldReadWhenOpenedToReadAndAppend(TestFileSystem fileSystem) throws Exception {
        AioFile file = aio.open(fileSystem.newDirectory().resolve("file"), CREATE, READ, APPEND);
        get(file.append(text("hello")));
        ByteBuf read = get(file.read(1, 100));
        assertThat(read.toString(StandardCharsets.US_ASCII)).isEqualTo("ello");
        read.release();
        AioFile blind = aio.open(Path.of(file.path()), APPEND);
        assertThat(failure(blind.read(0, 1)).errnoName()).isEqualTo("EBADF");
    }
}
