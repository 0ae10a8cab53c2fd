package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.CREATE_NEW;
import static io.nettyaio.AioOpenOption.DIRECT;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static io.nettyaio.tests.AioTestLoops.settled;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioException;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioPipe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Named FIFOs: opening with and without a peer, which is what would block, and what the first and last peer mean. */
@Timeout(60)
class FifoIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private Path path = Path.of("");

    @BeforeEach
    void make() throws Exception {
        path = TestFileSystem.EXT4.newDirectory().resolve("fifo");
        Shell.run("mkfifo", path.toString());
    }

    private AioPipe open(AioOpenOption... options) throws Exception {
        return aio.closeLater(get(aio.context().openFifo(path, options)));
    }

    private static ByteBuf text(String text) {
        return aio.buffers().directBuffer().writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String taken(ByteBuf buffer) {
        String text = buffer.toString(StandardCharsets.US_ASCII);
        buffer.release();
        return text;
    }

    @Test
    void shouldWaitForTheFirstWriterWhenReading() throws Exception {
        AioPipe reader = open(READ);
        AioFuture<ByteBuf> read = reader.read(10);
        ByteBuf dst = aio.buffers().directBuffer(8, 8);
        AioFuture<Integer> full = reader.readFully(dst);
        assertThat(aio.isResponsive(0)).isTrue();
        assertThat(read.isDone()).as("no writer yet is no end of file").isFalse();
        AioPipe writer = open(WRITE);
        assertThat(aio.isResponsive(0)).isTrue();
        assertThat(read.isDone()).isFalse();
        get(writer.write(text("first")));
        assertThat(taken(get(read))).isEqualTo("first");
        get(writer.write(text("last")));
        get(writer.close());
        assertThat(get(full)).as("what there was before the end").isEqualTo(4);
        assertThat(taken(dst)).isEqualTo("last");
        assertThat(taken(get(reader.read(10)))).as("the end").isEmpty();
        AioPipe another = open(WRITE);
        get(another.write(text("anew")));
        assertThat(taken(get(reader.read(10)))).as("from the next writer").isEqualTo("anew");
    }

    /** A writer that comes and goes without a word ends the file. */
    @Test
    void shouldEndWhenTheWriterLeavesWithoutAWord() throws Exception {
        AioPipe reader = open(READ);
        AioFuture<ByteBuf> read = reader.read(10);
        assertThat(aio.isResponsive(0)).isTrue();
        get(open(WRITE).close());
        assertThat(taken(get(read))).isEmpty();
    }

    @Test
    void shouldWaitForAReaderWhenOpenedForWriting() throws Exception {
        AioFuture<AioPipe> opening = aio.context().openFifo(path, WRITE);
        assertThat(aio.isResponsive(0)).isTrue();
        Thread.sleep(100);
        assertThat(opening.isDone()).isFalse();
        AioPipe reader = open(READ);
        AioPipe writer = aio.closeLater(get(opening));
        get(writer.write(text("hello")));
        assertThat(taken(get(reader.read(10)))).isEqualTo("hello");
    }

    /** A reader in another process, which blocks in its own open until we come. */
    @Test
    void shouldMeetAReaderThatBlocksWhenOpenedForWriting() throws Exception {
        AioFuture<AioPipe> opening = aio.context().openFifo(path, WRITE);
        Process cat = new ProcessBuilder("cat", path.toString()).start();
        AioPipe writer = aio.closeLater(get(opening));
        get(writer.write(text("from here")));
        get(writer.close());
        assertThat(new String(cat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                .isEqualTo("from here");
        assertThat(cat.waitFor()).isZero();
    }

    @Test
    void shouldEndAtOnceWhenOpeningIsCancelled() throws Exception {
        AioFuture<AioPipe> opening = aio.context().openFifo(path, WRITE);
        Thread.sleep(50);
        assertThat(opening.cancel(false)).isTrue();
        assertThat(settled(opening).isCancelled()).isTrue();
        AioTestLoops.eventually(
                "nothing is pending", () -> aio.context().stats().pending() == 0);
        AioPipe reader = open(READ);
        AioFuture<ByteBuf> read = reader.read(1);
        Thread.sleep(50);
        assertThat(read.isDone()).as("no writer has come after all").isFalse();
        read.cancel(false);
    }

    @Test
    void shouldSettleWhenContextClosesWhileOpening() throws Exception {
        AioFuture<AioPipe> opening = aio.context().openFifo(path, WRITE);
        Thread.sleep(30);
        get(aio.context().close());
        assertThat(failure(opening).kind()).isEqualTo(AioException.Kind.CLOSED);
    }

    @Test
    void shouldSettleWhenLoopShutsDownWhileOpening() throws Exception {
        AioFuture<AioPipe> opening = aio.context().openFifo(path, WRITE);
        Thread.sleep(30);
        AioTestLoops.shutDown(aio.group());
        assertThat(failure(opening).kind()).isEqualTo(AioException.Kind.CLOSED);
    }

    @Test
    void shouldNeverEndWhenOpenedForBoth() throws Exception {
        AioPipe both = open(READ, WRITE);
        AioFuture<ByteBuf> read = both.read(10);
        get(open(WRITE).close());
        assertThat(aio.isResponsive(0)).isTrue();
        assertThat(read.isDone()).isFalse();
        get(both.write(text("own")));
        assertThat(taken(get(read))).isEqualTo("own");
    }

    @Test
    void shouldMakeItWhenAsked() throws Exception {
        Path anew = path.resolveSibling("anew");
        AioPipe reader = aio.closeLater(get(aio.context().openFifo(anew, READ, CREATE)));
        assertThat(reader.path()).isEqualTo(anew.toString());
        assertThat(Shell.run("stat", "-c", "%F", anew.toString())).isEqualTo("fifo");
        get(aio.closeLater(get(aio.context().openFifo(anew, WRITE, CREATE))).write(text("x")));
        assertThat(taken(get(reader.read(1)))).isEqualTo("x");
        assertThat(failure(aio.context().openFifo(anew, READ, CREATE_NEW)).errnoName())
                .isEqualTo("EEXIST");
    }

    @Test
    void shouldRefuseWhenItIsNoFifo() throws Exception {
        Path file = Files.writeString(path.resolveSibling("file"), "x");
        assertThat(failure(aio.context().openFifo(file, READ))).hasMessageContaining("no FIFO");
        assertThat(failure(aio.context().openFifo(file, WRITE))).hasMessageContaining("no FIFO");
        assertThat(Files.readString(file)).isEqualTo("x");
        assertThat(failure(aio.context().openFifo(path.resolveSibling("none"), READ))
                        .errnoName())
                .isEqualTo("ENOENT");
        assertThat(failure(aio.context().openFifo(path, READ, DIRECT)).errnoName())
                .isEqualTo("EINVAL");
        assertThat(failure(aio.context().openFifo(Path.of(""), READ)).errnoName())
                .isEqualTo("ENOENT");
        assertThat(failure(aio.context().open(path, READ)).errnoName()).isEqualTo("EOPNOTSUPP");
    }
}
