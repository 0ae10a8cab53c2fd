package io.nettyaio.tests;

import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.epoll.Native;
import io.netty.channel.unix.FileDescriptor;
import io.nettyaio.AioFuture;
import io.nettyaio.AioPipe;
import io.nettyaio.AioPipePair;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Child processes at the other end, and descriptors that somebody else has made. */
@Timeout(60)
class InheritedDescriptorsIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private static ByteBuf text(String text) {
        return aio.buffers().directBuffer().writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String taken(ByteBuf buffer) {
        String text = buffer.toString(StandardCharsets.US_ASCII);
        buffer.release();
        return text;
    }

    private static String all(AioPipe pipe) throws Exception {
        StringBuilder all = new StringBuilder();
        while (true) {
            String part = taken(get(pipe.read(4096)));
            if (part.isEmpty()) {
                return all.toString();
            }
            all.append(part);
        }
    }

    private static Process shell(String script, AioPipe in, AioPipe out) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", script).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.redirectInput(in.redirect());
        builder.redirectOutput(out.redirect());
        Process child = builder.start();
        get(in.close());
        get(out.close());
        return child;
    }

    @Test
    void shouldTalkToAChildWhenBothEndsAreGiven() throws Exception {
        AioPipePair in = aio.pipe();
        AioPipePair out = aio.pipe();
        Process child = shell("echo ready; read line; echo \"got $line\"; cat", in.readEnd(), out.writeEnd());
        assertThat(taken(get(out.readEnd().read(100)))).isEqualTo("ready\n");
        get(in.writeEnd().write(text("a line\nand ")));
        assertThat(taken(get(out.readEnd().read(11)))).isEqualTo("got a line\n");
        get(in.writeEnd().write(text("the rest")));
        get(in.writeEnd().close());
        assertThat(all(out.readEnd())).isEqualTo("and the rest");
        assertThat(child.waitFor()).isZero();
    }

    /** It dies in the middle of a message: what it has written is there, and then the end. */
    @Test
    void shouldEndShortWhenTheChildDies() throws Exception {
        AioPipePair in = aio.pipe();
        AioPipePair out = aio.pipe();
        ByteBuf message = aio.buffers().directBuffer(100, 100);
        AioFuture<Integer> read = out.readEnd().readFully(message);
        Process child = shell("printf half; kill -9 $$", in.readEnd(), out.writeEnd());
        assertThat(get(read)).isEqualTo(4);
        assertThat(taken(message)).isEqualTo("half");
        assertThat(child.waitFor()).isEqualTo(137);
        assertThat(failure(in.writeEnd().write(text("x"))).errnoName()).isEqualTo("EPIPE");
    }

    /** Of the mode we need the child sees nothing, nor of any other of our descriptors (trap 19). */
    @Test
    void shouldKeepNonblockingModeFromTheChildWhenItIsGivenAnEnd() throws Exception {
        AioPipePair in = aio.pipe();
        AioPipePair out = aio.pipe();
        AioPipePair other = aio.pipe();
        Process child = shell(
                "for fd in 0 1; do sed -n 's/^flags:[[:space:]]*//p' /proc/self/fdinfo/$fd; done;"
                        + " ls -l /proc/self/fd | grep -c pipe:",
                in.readEnd(),
                out.writeEnd());
        String[] lines = all(out.readEnd()).split("\n", -1);
        assertThat(child.waitFor()).isZero();
        assertThat(Integer.parseInt(lines[0], 8) & 04000)
                .as("O_NONBLOCK of its input")
                .isZero();
        assertThat(lines[2])
                .as("pipes it has: input, and of the pipeline in the shell, output")
                .isIn("2", "1");
        assertThat(other.readEnd().isOpen()).isTrue();
    }

    @Test
    void shouldMoveAllWhenAChildIsSlower() throws Exception {
        AioPipePair in = aio.pipe();
        AioPipePair out = aio.pipe();
        int length = 1_000_000;
        Process child = shell("cat", in.readEnd(), out.writeEnd());
        AioFuture<Integer> write =
                in.writeEnd().write(aio.buffers().directBuffer().writeBytes(Patterns.bytes(7, 0, length)));
        ByteBuf all = aio.buffers().directBuffer(length, length);
        assertThat(get(out.readEnd().readFully(all))).isEqualTo(length);
        assertThat(get(write)).isEqualTo(length);
        Patterns.check(all, 7, 0, length);
        all.release();
        get(in.writeEnd().close());
        assertThat(child.waitFor()).isZero();
    }

    // ---- adopted -------------------------------------------------------------------------------------------------

    @Test
    void shouldReadAndWriteWhenAPipeIsAdopted() throws Exception {
        FileDescriptor[] fds = FileDescriptor.pipe();
        AioPipe in = aio.closeLater(get(aio.context().adoptPipe(fds[0].intValue())));
        AioPipe out = aio.closeLater(get(aio.context().adoptPipe(fds[1].intValue())));
        assertThat(in.isReadable() && !in.isWritable() && out.isWritable()).isTrue();
        AioFuture<ByteBuf> read = in.read(10);
        assertThat(aio.isResponsive(0)).isTrue();
        get(out.write(text("adopted")));
        assertThat(taken(get(read))).isEqualTo("adopted");
        get(out.close());
        assertThat(taken(get(in.read(10))))
                .as("taken over: nobody else has it open")
                .isEmpty();
        assertThat(get(in.capacity())).isEqualTo(65_536);
    }

    /** What others share stays in the mode it was in. */
    @Test
    void shouldLeaveSharedModeAloneWhenAdopted() throws Exception {
        FileDescriptor[] fds = FileDescriptor.pipe();
        Process holder = new ProcessBuilder("sleep", "30")
                .redirectInput(Path.of("/proc/self/fd", "" + fds[0].intValue()).toFile())
                .start();
        AioPipe in = aio.closeLater(get(aio.context().adoptPipe(fds[0].intValue())));
        AioFuture<ByteBuf> read = in.read(1);
        assertThat(aio.isResponsive(0)).isTrue();
        String flags = Files.readString(Path.of("/proc", "" + holder.pid(), "fdinfo", "0"));
        int mode = Integer.parseInt(
                flags.lines()
                        .filter(line -> line.startsWith("flags:"))
                        .findFirst()
                        .orElseThrow()
                        .substring(6)
                        .strip(),
                8);
        assertThat(mode & 04000).as("O_NONBLOCK: %s", flags).isZero();
        holder.destroyForcibly().waitFor();
        fds[1].close();
        assertThat(taken(get(read))).isEmpty();
    }

    @Test
    void shouldGoByHelpersWhenAFileIsAdopted() throws Exception {
        Path path = TestFileSystem.EXT4.newDirectory().resolve("file");
        int fd = FileDescriptor.from(path.toString()).intValue();
        AioPipe other = aio.closeLater(get(aio.context().adoptPipe(fd)));
        assertThat(other.isReadable()).isFalse();
        get(other.write(text("con")));
        get(other.write(text("tents")));
        get(other.close());
        assertThat(Files.readString(path)).isEqualTo("contents");
    }

    @Test
    void shouldRefuseWhenItIsNoStream() throws Exception {
        assertThat(failure(aio.context().adoptPipe(-1)).errnoName()).isEqualTo("EBADF");
        assertThat(failure(aio.context().adoptPipe(1_000_000)).errnoName()).isEqualTo("EBADF");
        FileDescriptor event = Native.newEventFd();
        assertThat(failure(aio.context().adoptPipe(event.intValue())).errnoName())
                .isEqualTo("EOPNOTSUPP");
        assertThat(event.isOpen()).isTrue();
        event.close();
    }

    /** Whatever they are here: closing them leaves the process its own. */
    @Test
    void shouldOpenStandardStreamsWhenAsked() throws Exception {
        for (AioFuture<AioPipe> opening : List.of(
                aio.context().standardInput(),
                aio.context().standardOutput(),
                aio.context().standardError())) {
            AioPipe stream = get(opening);
            assertThat(stream.path()).startsWith("<std");
            assertThat(stream.descriptor()).isGreaterThan(2);
            get(stream.close());
        }
        for (int fd = 0; fd < 3; fd++) {
            assertThat(Path.of("/proc/self/fd", "" + fd)).isSymbolicLink();
        }
    }
}
