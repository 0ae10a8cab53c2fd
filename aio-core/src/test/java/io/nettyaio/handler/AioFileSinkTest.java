package io.nettyaio.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.Future;
import io.nettyaio.AioException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sink over a disk whose operations complete when told: each step, each failure, an abort at each moment. */
@Timeout(20)
class AioFileSinkTest {

    private static final Path TARGET = Path.of("/directory/target");
    private static final int WRITE = 1000;
    private static final AioSinkOptions OPTIONS = AioSinkOptions.DEFAULT.withWaterMarks(4000, 2000, WRITE);

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final List<ByteBuf> buffers = new ArrayList<>();
    private final List<Boolean> writability = new ArrayList<>();
    private ScriptedDisk disk = new ScriptedDisk(channel.eventLoop());
    private int given;

    @AfterEach
    void end() {
        checkNothingIsLeft();
        channel.finishAndReleaseAll();
    }

    private void checkNothingIsLeft() {
        assertThat(disk.operations).allMatch(ScriptedDisk.Operation::isDone);
        assertThat(disk.openFiles()).as("open files").isZero();
        assertThat(buffers).allSatisfy(each -> assertThat(each.refCnt()).isZero());
    }

    private AioFileSink sink(AioSinkOptions options) {
        return new AioFileSink(disk.context(), TARGET, options, writability::add);
    }

    private AioFileSink sinkBeneath(AioSinkOptions options) {
        AioSinkTarget target = AioSinkTarget.beneath(disk.directory(Path.of("/")), "directory/target");
        assertThat(target.path()).isEqualTo(TARGET);
        return new AioFileSink(disk.context(), target, options, writability::add);
    }

    /** Each byte of what is given differs from those near it. */
    private static byte[] contents(int offset, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ((offset + i) * 31 + (offset + i) / 256);
        }
        return bytes;
    }

    private ByteBuf next(int length) {
        ByteBuf buffer = Unpooled.buffer(length + 1).writeBytes(contents(given, length));
        given += length;
        buffers.add(buffer);
        return buffer;
    }

    private void give(AioFileSink sink, int count, int length) {
        for (int i = 0; i < count; i++) {
            sink.write(next(length));
        }
    }

    private List<String> asked() {
        return disk.operations.stream().map(each -> each.name).toList();
    }

    private static void finish(AioFileSink sink) {
        assertThat(sink.finish()).isSameAs(sink.result());
    }

    private static void abort(AioFileSink sink) {
        assertThat(sink.abort()).isSameAs(sink.result());
    }

    private static Throwable cause(Future<?> result) {
        assertThat(result.isDone()).isTrue();
        return result.cause();
    }

    // ---- the way of a file ---------------------------------------------------------------------------------------

    @Test
    void shouldSyncBeforeNamingAndDirectoryAfterWhenFinished() {
        AioFileSink sink = sink(OPTIONS);
        give(sink, 3, 500);
        Future<Long> result = sink.finish();
        while (disk.step()) {
            // Not before the last step has been taken.
            assertThat(result.isDone())
                    .isEqualTo(
                            asked().contains("close directory") && disk.last().isDone());
            assertThat(disk.names.contains(TARGET))
                    .isEqualTo(disk.operations.stream().anyMatch(each -> each.name.equals("rename") && each.isDone()));
        }
        assertThat(asked())
                .containsExactly(
                        "open .part",
                        "write 0+1500 of 3",
                        "fsync",
                        "close",
                        "rename",
                        "open directory",
                        "fsync directory",
                        "close directory");
        assertThat(result.getNow()).isEqualTo(1500);
        assertThat(disk.contents()).isEqualTo(contents(0, 1500));
        assertThat(disk.names).containsExactly(TARGET);
        assertThat(disk.operations.get(0).path)
                .hasParentRaw(TARGET.getParent())
                .asString()
                .contains(AioFileSink.TEMPORARY_PREFIX);
    }

    /** The directory is opened once, and everything goes from there. */
    @Test
    void shouldGoFromTheDirectoryWhenBeneathAnother() {
        AioFileSink sink = sinkBeneath(OPTIONS);
        give(sink, 3, 500);
        Future<Long> result = sink.finish();
        while (disk.step()) {
            assertThat(result.isDone())
                    .isEqualTo(
                            asked().contains("close directory") && disk.last().isDone());
        }
        assertThat(asked())
                .containsExactly(
                        "open directory",
                        "open .part",
                        "write 0+1500 of 3",
                        "fsync",
                        "close",
                        "renameIn",
                        "fsync directory",
                        "close directory");
        assertThat(result.getNow()).isEqualTo(1500);
        assertThat(disk.contents()).isEqualTo(contents(0, 1500));
        assertThat(disk.names).containsExactly(TARGET);
    }

    @Test
    void shouldNotReplaceBeneathWhenNotToldTo() {
        AioFileSink sink = sinkBeneath(OPTIONS.withSync(false).withReplace(false));
        Future<Long> result = sink.finish();
        disk.run();
        assertThat(asked())
                .containsExactly("open directory", "open .part", "close", "renameNoReplaceIn", "close directory");
        assertThat(result.getNow()).isZero();
    }

    /** Whatever fails: no file stays, and the directory is closed. */
    @ParameterizedTest
    @ValueSource(strings = {"open directory", "open .part", "write 0+10 of 1", "fsync", "close", "renameIn"})
    void shouldLeaveNothingBeneathWhenStepFails(String step) {
        AioFileSink sink = sinkBeneath(OPTIONS);
        give(sink, 1, 10);
        Future<Long> result = sink.finish();
        disk.runTo(step).fail(AioException.Kind.SYSTEM, 18, "EXDEV");
        disk.run();
        assertThat(cause(result)).isInstanceOf(AioException.class).hasMessageContaining("EXDEV");
        assertThat(disk.names).isEmpty();
        boolean opened = !step.equals("open directory");
        assertThat(asked().contains("close directory")).isEqualTo(opened);
        assertThat(asked().contains("unlinkIn")).isEqualTo(opened && !step.equals("open .part"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a/", "a/..", "/", ".", ".."})
    void shouldRefuseTargetsWhenTheyHaveNoNameAtTheEnd(String path) {
        assertThatThrownBy(() -> AioSinkTarget.beneath(disk.directory(Path.of("/")), path))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("name of a file");
    }

    @Test
    void shouldHandOnWhatLeavesTheRootForTheKernelToRefuse() {
        for (String path : List.of("/a", "../a", "b/../../a")) {
            disk = new ScriptedDisk(channel.eventLoop());
            AioFileSink sink = new AioFileSink(
                    disk.context(),
                    AioSinkTarget.beneath(disk.directory(Path.of("/root")), path),
                    OPTIONS,
                    writability::add);
            assertThat(disk.last().path.normalize()).isNotEqualTo(Path.of("/root"));
            disk.last().fail(AioException.Kind.SYSTEM, 18, "EXDEV");
            assertThat(cause(sink.result())).hasMessageContaining("EXDEV");
        }
    }

    @Test
    void shouldNotSyncNorReplaceWhenNotToldTo() {
        AioFileSink sink = sink(OPTIONS.withSync(false).withReplace(false));
        Future<Long> result = sink.finish();
        disk.run();
        assertThat(asked()).containsExactly("open .part", "close", "renameNoReplace");
        assertThat(result.getNow()).isZero();
    }

    /** One write at a time; what comes meanwhile is the next one, whole. */
    @Test
    void shouldJoinInOrderWhenWriteIsUnderWay() {
        AioFileSink sink = sink(OPTIONS);
        disk.step();
        give(sink, 9, 100);
        assertThat(asked()).as("less than is worth a write").containsExactly("open .part");
        give(sink, 1, 100);
        give(sink, 25, 100);
        assertThat(asked()).containsExactly("open .part", "write 0+1000 of 10");
        disk.step();
        assertThat(disk.last().name).isEqualTo("write 1000+2500 of 25");
        give(sink, 1, 1);
        disk.step();
        assertThat(disk.last().name).as("a rest waits").isEqualTo("write 1000+2500 of 25");
        sink.flush();
        assertThat(disk.last().name).isEqualTo("write 3500+1 of 1");
        sink.write(next(0));
        give(sink, 300, 3);
        disk.step();
        assertThat(disk.last().name).as("no more buffers than that").isEqualTo("write 3501+768 of 256");
        finish(sink);
        disk.run();
        assertThat(asked()).contains("write 4269+132 of 44");
        assertThat(disk.contents()).isEqualTo(contents(0, 4401));
        assertThat(sink.result().getNow()).isEqualTo(4401);
    }

    @Test
    void shouldTellOfWritabilityWhenMarksAreCrossed() {
        AioFileSink sink = sink(OPTIONS);
        give(sink, 4, 1000);
        assertThat(sink.isWritable()).as("at the mark").isTrue();
        give(sink, 1, 1);
        assertThat(sink.isWritable()).as("above it, before it is open").isFalse();
        disk.step();
        give(sink, 3, 1000);
        disk.step(); // 4001 are written, 3000 are left
        assertThat(sink.isWritable()).as("between the marks").isFalse();
        give(sink, 2, 1000);
        disk.step(); // 2000 are left
        assertThat(sink.isWritable()).as("at the low mark").isTrue();
        disk.step();
        assertThat(writability).containsExactly(false, true);
        finish(sink);
        disk.run();
        assertThat(sink.bytes()).isEqualTo(9001);
        assertThat(writability).containsExactly(false, true);
    }

    @Test
    void shouldRefuseWhenWrittenToAfterFinish() {
        AioFileSink sink = sink(OPTIONS);
        give(sink, 1, 10);
        finish(sink);
        assertThatThrownBy(() -> sink.write(next(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("finish()");
        disk.run();
        assertThat(sink.finish().getNow()).isEqualTo(10);
        sink.write(next(1)); // too late for anything
        assertThat(sink.abort().isSuccess()).isTrue();
    }

    // ---- failures ------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"write 0+4001 of 5", "fsync", "close", "rename"})
    void shouldRemoveTemporaryAndTellWhyWhenStepFails(String step) {
        AioFileSink sink = sink(OPTIONS);
        give(sink, 4, 1000);
        give(sink, 1, 1);
        Future<Long> result = sink.finish();
        disk.runTo(step).fail(AioException.Kind.SYSTEM, 28, "ENOSPC");
        assertThat(result.isDone()).as("before it is removed").isFalse();
        sink.write(next(500)); // let go of
        disk.run();
        assertThat(cause(result)).isInstanceOf(AioException.class).hasMessageContaining("ENOSPC");
        assertThat(disk.names).isEmpty();
        assertThat(asked()).endsWith("unlink").doesNotContain("open directory");
        assertThat(sink.isWritable()).isTrue();
        assertThat(writability).containsExactly(false, true);
    }

    @Test
    void shouldReleaseWhatWaitsWhenWriteFails() {
        AioFileSink sink = sink(OPTIONS);
        disk.step();
        give(sink, 6, 1000);
        disk.last().fail(AioException.Kind.SYSTEM, 5, "EIO");
        assertThat(buffers).allSatisfy(each -> assertThat(each.refCnt()).isZero());
        assertThat(sink.finish().isDone()).isFalse();
        disk.run();
        assertThat(asked()).containsExactly("open .part", "write 0+1000 of 1", "close", "unlink");
        assertThat(cause(sink.result())).hasMessageContaining("EIO");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldHaveNothingToRemoveWhenItCannotBeOpened(boolean aborted) {
        AioFileSink sink = sink(OPTIONS);
        give(sink, 6, 1000);
        if (aborted) {
            abort(sink);
        }
        disk.last().fail(AioException.Kind.SYSTEM, 13, "EACCES");
        assertThat(asked()).containsExactly("open .part");
        assertThat(cause(sink.result())).isInstanceOf(aborted ? CancellationException.class : AioException.class);
        assertThat(sink.isWritable()).isTrue();
    }

    /** It is there by then; only whether it would be after a power cut is not known. */
    @ParameterizedTest
    @ValueSource(strings = {"open directory", "fsync directory"})
    void shouldLeaveFileWhenDirectoryCannotBeSynced(String step) {
        AioFileSink sink = sink(OPTIONS);
        finish(sink);
        disk.runTo(step).fail(AioException.Kind.SYSTEM, 5, "EIO");
        disk.run();
        assertThat(cause(sink.result())).hasMessageContaining("EIO");
        assertThat(disk.names).containsExactly(TARGET);
    }

    /** The context closes under it, and takes no unlink any more. */
    @Test
    void shouldRemoveTemporaryWhenContextIsClosed(@TempDir Path directory) throws Exception {
        AioFileSink sink = new AioFileSink(disk.context(), directory.resolve("target"), OPTIONS, writability::add);
        Path temporary = Files.createFile(disk.last().path);
        disk.step();
        abort(sink);
        disk.runTo("unlink").fail(AioException.Kind.CLOSED, 0, "");
        while (!sink.result().isDone()) { // the class's timeout ends it
            Thread.sleep(1);
        }
        assertThat(sink.result().cause()).isInstanceOf(CancellationException.class);
        assertThat(temporary).doesNotExist();
    }

    // ---- a context that has enough to do ---------------------------------------------------------------------------

    @Test
    void shouldNotBeWritableUntilTheContextTakesMore() {
        AioFileSink sink = sink(OPTIONS);
        disk.step();
        give(sink, 1, 10);
        assertThat(disk.marks.listeners).as("nothing to wait for").isEmpty();
        disk.marks.quietly(false);
        give(sink, 1, 10);
        assertThat(sink.isWritable()).isFalse();
        give(sink, 1, 10);
        assertThat(disk.marks.listeners).as("once").hasSize(1);
        disk.marks.submittable(false);
        assertThat(writability).containsExactly(false);
        disk.marks.submittable(true);
        assertThat(writability).containsExactly(false, true);
        assertThat(disk.marks.listeners).isEmpty();
        finish(sink);
        disk.run();
        assertThat(disk.contents()).isEqualTo(contents(0, 30));
    }

    @Test
    void shouldWaitForItsOwnMarkTooWhenTheContextTakesMore() {
        AioFileSink sink = sink(OPTIONS);
        disk.step();
        disk.marks.quietly(false);
        give(sink, 5, 1000);
        disk.marks.submittable(true);
        assertThat(sink.isWritable()).as("it is full itself").isFalse();
        assertThat(disk.marks.listeners).isEmpty();
        disk.run();
        assertThat(writability).containsExactly(false, true);
        finish(sink);
        disk.run();
    }

    /** Whatever ends it: nothing waits for the context any more, and the channel reads on. */
    @ParameterizedTest
    @ValueSource(strings = {"finish", "abort", "fail", "open fails"})
    void shouldWaitForTheContextNoMoreWhenItEnds(String how) {
        AioFileSink sink = sink(OPTIONS);
        disk.marks.quietly(false);
        if (!how.equals("open fails")) {
            disk.step();
        }
        give(sink, 1, 1000);
        assertThat(writability).containsExactly(false);
        switch (how) {
            case "finish" -> finish(sink);
            case "abort" -> abort(sink);
            default -> disk.last().fail(AioException.Kind.SYSTEM, 5, "EIO");
        }
        assertThat(writability).containsExactly(false, true);
        assertThat(disk.marks.listeners).isEmpty();
        disk.run();
        assertThat(sink.result().isDone()).isTrue();
        assertThat(writability).hasSize(2);
    }

    // ---- abort ---------------------------------------------------------------------------------------------------

    /** After so many steps; once the name is being given it is too late. */
    @Test
    void shouldLeaveAllOrNothingWhenAbortedAtAnyMoment() {
        for (int i = 0; i < 4 * 10; i++) {
            abortAfter(i / 4, i % 2 == 0, i / 2 % 2 == 0);
        }
    }

    private void abortAfter(int steps, boolean finished, boolean beneath) {
        disk = new ScriptedDisk(channel.eventLoop());
        given = 0;
        AioFileSink sink = beneath ? sinkBeneath(OPTIONS) : sink(OPTIONS);
        give(sink, 4, 900);
        if (finished) {
            finish(sink);
        }
        for (int i = 0; i < steps; i++) {
            disk.step();
        }
        boolean tooLate = asked().contains(beneath ? "renameIn" : "rename");
        abort(sink);
        abort(sink);
        finish(sink);
        disk.run();
        assertThat(sink.result().isDone()).as("done, %s: %s", steps, asked()).isTrue();
        if (tooLate) {
            assertThat(sink.result().getNow()).isEqualTo(3600);
            assertThat(disk.names).containsExactly(TARGET);
        } else {
            assertThat(cause(sink.result()))
                    .isInstanceOf(CancellationException.class)
                    .hasMessageContaining("3600");
            assertThat(disk.names).isEmpty();
        }
        checkNothingIsLeft();
    }
}
