package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.unix.FileDescriptor;
import io.nettyaio.AioException;
import io.nettyaio.AioFuture;
import io.nettyaio.AioPipe;
import io.nettyaio.AioPipePair;
import io.nettyaio.AioRoute;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How calls are made on a descriptor that cannot be opened anew, and what short and interrupted ones lead to. */
@Timeout(60)
class PipeModeTest {

    /** A pipe in blocking mode, which this process may not open anew. */
    private static class Foreign extends ScriptedSyscalls {

        final Queue<Integer> flags = new ConcurrentLinkedQueue<>();
        final AtomicInteger onLoop = new AtomicInteger();
        final AtomicInteger onHelper = new AtomicInteger();

        @Override
        public int openAt(int directory, long path, int options, int mode) {
            return -Errno.EACCES;
        }

        @Override
        public long preadv(int fd, long iovecs, int count, long offset, int rwFlags) {
            flags.add(rwFlags);
            return nowait(rwFlags) ? refusesNowait() ? -Errno.EOPNOTSUPP : raw(fd, iovecs, count, true) : -Errno.EIO;
        }

        @Override
        public long pwritev(int fd, long iovecs, int count, long offset, int rwFlags) {
            flags.add(rwFlags);
            return nowait(rwFlags) ? refusesNowait() ? -Errno.EOPNOTSUPP : raw(fd, iovecs, count, false) : -Errno.EIO;
        }

        private static boolean nowait(int rwFlags) {
            return (rwFlags & TransferOperation.RWF_NOWAIT) != 0;
        }

        private static long raw(int fd, long iovecs, int count, boolean read) {
            int flag = TransferOperation.RWF_NOWAIT;
            return read ? Native.preadv(fd, iovecs, count, -1, flag) : Native.pwritev(fd, iovecs, count, -1, flag);
        }

        boolean refusesNowait() {
            return false;
        }

        @Override
        public long read(int fd, long address, long length) {
            count();
            return super.read(fd, address, length);
        }

        @Override
        public long write(int fd, long address, long length) {
            count();
            assertThat(length).as("no more than has room").isLessThanOrEqualTo(AioPipe.ATOMIC_WRITE_BYTES);
            return super.write(fd, address, length);
        }

        private void count() {
            (EpollAioContext.isLoopThread() ? onLoop : onHelper).incrementAndGet();
        }

        /** Two numbers of a pipe that blocks. */
        int[] blockingPipe() throws Exception {
            FileDescriptor[] made = FileDescriptor.pipe();
            opened(made[0].intValue(), "pipe");
            opened(made[1].intValue(), "pipe");
            return new int[] {made[0].intValue(), made[1].intValue()};
        }
    }

    private static ByteBuf text(String text) {
        return Unpooled.directBuffer().writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String taken(ByteBuf buffer) {
        String text = buffer.toString(StandardCharsets.US_ASCII);
        buffer.release();
        return text;
    }

    private static void talk(Engine engine, int[] fds, AioRoute route) {
        AioPipe in = Await.value(engine.context.adoptPipe(fds[0]));
        AioPipe out = Await.value(engine.context.adoptPipe(fds[1]));
        AioFuture<ByteBuf> waiting = in.read(100);
        engine.turns(3);
        Await.value(out.write(text("hello")));
        assertThat(taken(Await.value(waiting))).isEqualTo("hello");
        assertThat(waiting.route()).isEqualTo(route);
        AioFuture<Integer> large = out.write(Unpooled.directBuffer().writeZero(200_000));
        ByteBuf all = Unpooled.directBuffer(200_000, 200_000);
        assertThat(Await.value(in.readFully(all))).isEqualTo(200_000);
        all.release();
        assertThat(Await.value(large)).isEqualTo(200_000);
        AioFuture<ByteBuf> cancelled = in.read(1);
        engine.turns(2);
        assertThat(cancelled.cancel(false)).isTrue();
        Await.value(out.close());
        assertThat(taken(Await.value(in.read(1)))).isEmpty();
        Await.value(in.close());
    }

    @Test
    void shouldSayNowaitWhenItCannotBeOpenedAnew() throws Exception {
        Foreign foreign = new Foreign();
        try (Engine engine = new Engine(foreign)) {
            talk(engine, foreign.blockingPipe(), AioRoute.READINESS);
        }
        assertThat(foreign.flags).isNotEmpty().containsOnly(TransferOperation.RWF_NOWAIT);
        assertThat(foreign.onHelper).hasValue(0);
    }

    /** Trap 35: the kernel takes RWF_NOWAIT no more once the pipe has been spliced. Helpers go on, when it is ready. */
    @Test
    void shouldGoByHelpersWhenNowaitIsRefused() throws Exception {
        Foreign refusing = new Foreign() {
            @Override
            boolean refusesNowait() {
                return true;
            }
        };
        try (Engine engine = new Engine(refusing)) {
            talk(engine, refusing.blockingPipe(), AioRoute.HELPER);
        }
        assertThat(refusing.flags).as("tried once at each end").hasSize(2);
        assertThat(refusing.onLoop).hasValue(0);
        assertThat(refusing.onHelper.get()).isGreaterThan(10);
    }

    /** The kernel itself says so: this is the trap, not our idea of it. */
    @Test
    void shouldBeRefusedNowaitWhenPipeWasSpliced() throws Exception {
        Foreign foreign = new Foreign();
        try (Engine engine = new Engine(foreign)) {
            int[] fds = foreign.blockingPipe();
            AioPipePair other = Await.value(engine.context.pipe());
            AioPipe in = Await.value(engine.context.adoptPipe(fds[0]));
            AioPipe out = Await.value(engine.context.adoptPipe(fds[1]));
            Await.value(out.write(text("abc")));
            assertThat(Await.value(in.spliceTo(other.writeEnd(), 1))).isEqualTo(1);
            assertThat(taken(Await.value(in.read(10)))).isEqualTo("bc");
            AioFuture<ByteBuf> read = in.read(10);
            engine.turns(3);
            Await.value(out.write(text("later")));
            assertThat(taken(Await.value(read))).isEqualTo("later");
            for (AioPipe pipe : new AioPipe[] {in, out, other.readEnd(), other.writeEnd()}) {
                Await.value(pipe.close());
            }
        }
    }

    /** Interrupted and short in turn, on a pipe of somebody else's, where short need not mean full. */
    @Test
    void shouldGoOnWhereItStoppedWhenCallsAreShort() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        ScriptedSyscalls stuttering = new ScriptedSyscalls() {
            @Override
            public long write(int fd, long address, long length) {
                return switch (calls.incrementAndGet() % 3) {
                    case 0 -> -Errno.EINTR;
                    case 1 -> super.write(fd, address, Math.min(length, 3));
                    default -> super.write(fd, address, Math.min(length, 1000));
                };
            }
        };
        FileDescriptor[] made = FileDescriptor.pipe();
        try (Engine engine = new Engine(stuttering)) {
            stuttering.opened(made[0].intValue(), "pipe");
            stuttering.opened(made[1].intValue(), "pipe");
            AioPipePair pipe = new AioPipePair(
                    Await.value(engine.context.adoptPipe(made[0].intValue())),
                    Await.value(engine.context.adoptPipe(made[1].intValue())));
            String text = "0123456789".repeat(300);
            assertThat(Await.value(pipe.writeEnd().write(text(text)))).isEqualTo(3000);
            assertThat(taken(Await.value(pipe.readEnd().read(4000)))).isEqualTo(text);
            Await.value(pipe.readEnd().close());
            Await.value(pipe.writeEnd().close());
        }
        assertThat(calls.get()).isGreaterThan(4);
    }

    @Test
    void shouldSayHowMuchWasDoneWhenItFails() {
        AtomicInteger calls = new AtomicInteger();
        ScriptedSyscalls failing = new ScriptedSyscalls() {
            @Override
            public long write(int fd, long address, long length) {
                return calls.incrementAndGet() == 1 ? super.write(fd, address, 4) : -Errno.EIO;
            }
        };
        try (Engine engine = new Engine(failing)) {
            AioPipePair pipe = Await.value(engine.context.pipe());
            ByteBuf src = text("0123456789");
            AioException failure = (AioException) Await.failure(pipe.writeEnd().write(src));
            assertThat(failure.errno()).isEqualTo(Errno.EIO);
            assertThat(failure.bytesTransferred()).isEqualTo(4);
            assertThat(src.refCnt()).isZero();
            Await.value(pipe.readEnd().close());
            Await.value(pipe.writeEnd().close());
        }
    }

    @Test
    void shouldFailClearlyWhenNoDescriptorIsToBeHad() {
        ScriptedSyscalls full = new ScriptedSyscalls() {
            @Override
            public int pipe(long fds) {
                return -Errno.EMFILE;
            }
        };
        try (Engine engine = new Engine(full)) {
            assertThat(Await.failure(engine.context.pipe())).hasMessageContaining("ulimit -n");
        }
    }
}
