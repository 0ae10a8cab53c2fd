package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static io.nettyaio.tests.AioTestLoops.settled;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import io.nettyaio.AioContext;
import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioPipe;
import io.nettyaio.AioPipePair;
import io.nettyaio.AioPollEvents;
import io.nettyaio.AioRoute;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Readiness of any descriptor, as a future: by kernel AIO and by epoll. */
@Timeout(60)
class PollIT {

    private static final int EPERM = 1;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    private static void withKernelAio(boolean kernelAio) throws Exception {
        aio.context(0, aio.config().kernelAio(kernelAio).build());
    }

    private static ByteBuf oneByte() {
        return aio.buffers().directBuffer(1, 1).writeByte(1);
    }

    @ParameterizedTest(name = "kernel AIO: {0}")
    @ValueSource(booleans = {true, false})
    void shouldTellWhenPipeBecomesReady(boolean kernelAio) throws Exception {
        withKernelAio(kernelAio);
        AioPipePair pipe = aio.pipe();
        AioFuture<Integer> in = pipe.readEnd().poll(AioPollEvents.IN);
        assertThat(aio.isResponsive(0)).isTrue();
        assertThat(in.isDone()).isFalse();
        get(pipe.writeEnd().write(oneByte()));
        assertThat(get(in)).isEqualTo(AioPollEvents.IN);
        assertThat(in.route()).isEqualTo(kernelAio ? AioRoute.KERNEL : AioRoute.READINESS);
        assertThat(get(aio.context().poll(pipe.readEnd().descriptor(), AioPollEvents.IN)))
                .as("is ready by now")
                .isEqualTo(AioPollEvents.IN);
        assertThat(get(pipe.writeEnd().poll(AioPollEvents.OUT))).isEqualTo(AioPollEvents.OUT);
        AioFuture<Integer> hangUp = pipe.readEnd().poll(AioPollEvents.PRI);
        get(pipe.writeEnd().close());
        assertThat(get(hangUp)).as("whether or not it was asked for").isEqualTo(AioPollEvents.HUP);
    }

    /**
     * Of each kind one, made by another process and sent over a socket: it becomes ready, and the poll says so; before, it
     * does not.
     */
    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"eventfd", "timerfd", "inotify", "pidfd", "socket", "pty"})
    void shouldTellWhenItBecomesReady(String kind) throws Exception {
        for (boolean kernelAio : new boolean[] {true, false}) {
            try (Sender sender = new Sender(kind)) {
                AioContext context = aio.context(
                        kernelAio ? 0 : 1, aio.config().kernelAio(kernelAio).build());
                int fd = sender.receive();
                AioFuture<Integer> cancelled = context.poll(fd, AioPollEvents.IN);
                AioFuture<Integer> poll = context.poll(fd, AioPollEvents.IN);
                assertThat(aio.isResponsive(0)).isTrue();
                Thread.sleep(20);
                assertThat(poll.isDone()).isFalse();
                assertThat(cancelled.cancel(false)).isTrue();
                sender.makeReady();
                assertThat(get(poll) & AioPollEvents.IN).isEqualTo(AioPollEvents.IN);
                assertThat(cancelled.isCancelled()).isTrue();
            }
        }
    }

    /** Its readiness is about the signals of whoever looks at it, which must be this process. */
    @Test
    void shouldGoByEpollWhenItIsASignalfd() throws Exception {
        try (Sender sender = new Sender("signalfd")) {
            AioFuture<Integer> poll = aio.context().poll(sender.receive(), AioPollEvents.IN);
            assertThat(aio.isResponsive(0)).isTrue();
            assertThat(poll.cancel(false)).isTrue();
            AioTestLoops.eventually("it has ended", () -> poll.route() == AioRoute.READINESS);
        }
    }

    /** A process that makes a descriptor, sends it, and makes it ready when told to. */
    private static final class Sender implements AutoCloseable {

        private static final String PROGRAM = """
                import os, sys, socket, array, ctypes, signal, struct
                kind, path = sys.argv[1], sys.argv[2]
                libc = ctypes.CDLL(None, use_errno=True)
                peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                peer.connect(path)
                if kind == 'eventfd':
                    fd = libc.eventfd(0, 0)
                    ready = lambda: os.write(fd, struct.pack('Q', 1))
                elif kind == 'timerfd':
                    fd = libc.timerfd_create(1, 0)
                    ready = lambda: libc.timerfd_settime(fd, 0, struct.pack('qqqq', 0, 0, 0, 1000000), None)
                elif kind == 'inotify':
                    fd = libc.inotify_init1(0)
                    libc.inotify_add_watch(fd, os.path.dirname(path).encode(), 0x100)
                    ready = lambda: open(path + '.new', 'w').close()
                elif kind == 'signalfd':
                    mask = ctypes.create_string_buffer(128)
                    struct.pack_into('Q', mask, 0, 1 << (signal.SIGUSR1 - 1))
                    fd = libc.signalfd(-1, mask, 0)
                elif kind == 'pidfd':
                    child = os.fork()
                    if child == 0:
                        signal.pause()
                        os._exit(0)
                    fd = libc.syscall(434, child, 0)
                    ready = lambda: (os.kill(child, signal.SIGKILL), os.waitpid(child, 0))
                elif kind == 'socket':
                    mine, other = socket.socketpair()
                    fd = mine.fileno()
                    ready = lambda: other.send(b'x')
                else:
                    master, slave = os.openpty()
                    fd = master
                    ready = lambda: os.write(slave, b'x')
                assert fd >= 0
                peer.sendmsg([b'd'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [fd]))])
                sys.stdin.readline()
                ready()
                sys.stdin.readline()
                """;

        private final String kind;
        private final Channel server;
        private final BlockingQueue<FileDescriptor> received = new LinkedBlockingQueue<>();
        private final Process process;
        private final List<FileDescriptor> held = new ArrayList<>();

        Sender(String kind) throws Exception {
            this.kind = kind;
            Path path = TestFileSystem.EXT4.newDirectory().resolve("s");
            server = new ServerBootstrap()
                    .group(aio.group())
                    .channel(EpollServerDomainSocketChannel.class)
                    .childHandler(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void handlerAdded(ChannelHandlerContext ctx) {
                            ((EpollDomainSocketChannel) ctx.channel())
                                    .config()
                                    .setReadMode(DomainSocketReadMode.FILE_DESCRIPTORS);
                        }

                        @Override
                        public void channelRead(ChannelHandlerContext ctx, Object message) {
                            received.add((FileDescriptor) message);
                        }
                    })
                    .bind(new DomainSocketAddress(path.toFile()))
                    .sync()
                    .channel();
            Need.that(hasPython(), "needs python3, to make descriptors that Java cannot");
            process = new ProcessBuilder("python3", "-c", PROGRAM, kind, path.toString())
                    .redirectErrorStream(true)
                    .start();
        }

        private static boolean hasPython() throws Exception {
            try {
                return new ProcessBuilder("python3", "-c", "").start().waitFor() == 0;
            } catch (IOException none) {
                return false;
            }
        }

        int receive() throws Exception {
            FileDescriptor descriptor = received.poll(20, TimeUnit.SECONDS);
            if (descriptor == null) {
                process.destroyForcibly();
                throw new AssertionError("no " + kind + ": "
                        + new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
            }
            held.add(descriptor);
            return descriptor.intValue();
        }

        void makeReady() throws Exception {
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
        }

        @Override
        public void close() throws IOException {
            for (FileDescriptor descriptor : held) {
                descriptor.close();
            }
            process.destroyForcibly();
            server.close().syncUninterruptibly();
        }
    }

    @ParameterizedTest(name = "kernel AIO: {0}")
    @ValueSource(booleans = {true, false})
    void shouldRefuseWhenItCannotBeWaitedFor(boolean kernelAio) throws Exception {
        withKernelAio(kernelAio);
        Path directory = TestFileSystem.EXT4.newDirectory();
        for (Path path : List.of(Files.writeString(directory.resolve("file"), "x"), Path.of("/dev/null"))) {
            try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                assertThat(file.length()).isBetween(0L, 1L);
                AioException failure = failure(aio.context().poll(Descriptors.numberOf(path), AioPollEvents.IN));
                assertThat(failure.errno()).isEqualTo(EPERM);
                assertThat(failure).hasMessageContaining("always ready");
            }
        }
        assertThat(failure(aio.context().poll(-1, AioPollEvents.IN)).errnoName())
                .isEqualTo("EBADF");
        AioPipePair pipe = aio.pipe();
        assertThat(failure(pipe.readEnd().poll(0)).errnoName()).isEqualTo("EINVAL");
        assertThat(failure(pipe.readEnd().poll(0x4000_0001)).errnoName()).isEqualTo("EINVAL");
    }

    /** More polls than slots: those that find none go by epoll, and file operations find one all the same. */
    @Test
    void shouldLeaveSlotsToOthersWhenManyWait() throws Exception {
        aio.context(0, aio.config().queueDepth(8).build());
        AioPipePair pipe = aio.pipe();
        List<AioFuture<Integer>> polls = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            polls.add(pipe.readEnd().poll(AioPollEvents.IN));
        }
        Path path = TestFileSystem.EXT4.newDirectory().resolve("file");
        AioFile file = aio.open(path, CREATE, READ, WRITE);
        assertThat(get(file.write(oneByte(), 0))).isEqualTo(1);
        get(file.fdatasync());
        for (int i = 0; i < 10; i++) {
            assertThat(polls.get(5 * i).cancel(false)).isTrue();
        }
        get(pipe.writeEnd().write(oneByte()));
        int kernel = 0;
        for (int i = 0; i < 50; i++) {
            if (i % 5 != 0) {
                assertThat(get(polls.get(i))).isEqualTo(AioPollEvents.IN);
                kernel += polls.get(i).route() == AioRoute.KERNEL ? 1 : 0;
            }
        }
        assertThat(kernel).isBetween(1, 4);
    }

    /** Cancelled at all moments, many times: the slots are all there in the end, and each future has one outcome. */
    @Test
    void shouldSettleOnceWhenReadyAndCancelRace() throws Exception {
        AioPipePair pipe = aio.pipe();
        AioPipe reader = pipe.readEnd();
        Random random = new Random(20);
        int cancelled = 0;
        for (int i = 0; i < 3000; i++) {
            AioFuture<Integer> poll = reader.poll(AioPollEvents.IN);
            AioFuture<Integer> write = pipe.writeEnd().write(oneByte());
            for (int spin = random.nextInt(2000); spin > 0; spin--) {
                Thread.onSpinWait();
            }
            boolean won = poll.cancel(false);
            assertThat(settled(poll).isCancelled()).isEqualTo(won);
            cancelled += won ? 1 : 0;
            get(write);
            get(reader.read(1)).release();
        }
        assertThat(cancelled).isPositive();
    }
}
