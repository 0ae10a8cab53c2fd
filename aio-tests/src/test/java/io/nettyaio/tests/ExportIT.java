package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.READ;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Promise;
import io.nettyaio.AioEventFd;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioWait;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An eventfd of an operation's own, in another process's epoll. */
@Timeout(60)
@SuppressWarnings("FutureReturnValueIgnored") // of cancel and of chained calls
class ExportIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(2);

    /** The counter, as procfs tells it without reading it. */
    private static long counter(AioEventFd eventFd) throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo", String.valueOf(eventFd.fd())))) {
            if (line.startsWith("eventfd-count:")) {
                return Long.parseLong(line.substring(14).strip(), 16);
            }
        }
        throw new AssertionError("no eventfd: " + eventFd.fd());
    }

    private static void awaitReadable(AioEventFd eventFd) throws Exception {
        AioTestLoops.eventually("readable", () -> counter(eventFd) == 1);
    }

    @Test
    void shouldBecomeReadableOnceWhenTheOperationIsDoneHowever() throws Exception {
        AioFile file = aio.open(TestFileSystem.EXT4.newDirectory().resolve("file"), CREATE, READ, WRITE);
        List<AioEventFd> exported = new ArrayList<>();
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            AioFuture<Integer> write = file.write(aio.buffers().directBuffer().writeZero(10), 0);
            AioFuture<Integer> cancelled =
                    file.write(aio.buffers().directBuffer().writeZero(10), 0);
            AioFuture<Integer> late = file.withDeadline(Duration.ofMillis(50))
                    .write(aio.buffers().directBuffer().writeZero(10), 0);
            for (AioFuture<Integer> each : List.of(write, cancelled, late)) {
                exported.add(aio.context().exportEventFd(each));
            }
            exported.add(aio.context(1).exportEventFd(AioWait.on(aio.loop(1)).all(write, late)));
            assertThat(counter(exported.get(0))).isZero();
            assertThat(counter(exported.get(1))).isZero();
            cancelled.cancel(true);
            awaitReadable(exported.get(1));
            awaitReadable(exported.get(2));
            assertThat(counter(exported.get(0))).isZero();
            assertThat(counter(exported.get(3))).isZero();
            frozen.thaw();
        }
        awaitReadable(exported.get(0));
        awaitReadable(exported.get(3));
        // Failed, and done before.
        AioFuture<Void> failed = file.truncate(-1);
        exported.add(aio.context().exportEventFd(failed));
        AioTestLoops.settle(failed);
        exported.add(aio.context().exportEventFd(failed));
        awaitReadable(exported.get(4));
        assertThat(counter(exported.get(5))).isOne();
        exported.forEach(AioEventFd::close);
    }

    /** Trap 6: the caller closes it while the operation runs, and the number becomes another's. */
    @Test
    void shouldSignalNobodyElseWhenItIsClosedBeforeTheOperationIsDone() throws Exception {
        AioFile file = aio.open(TestFileSystem.EXT4.newDirectory().resolve("file"), CREATE, READ, WRITE);
        Promise<Void> pending = aio.loop(1).newPromise();
        List<AioEventFd> others = new ArrayList<>();
        AioFuture<Integer> write;
        try (Frozen frozen = Frozen.freeze(TestFileSystem.EXT4)) {
            write = file.write(aio.buffers().directBuffer().writeZero(10), 0);
            boolean usedAnew = false;
            // Whatever else this process opens may get the number first.
            for (int attempt = 0; attempt < 20 && !usedAnew; attempt++) {
                AioEventFd closed = aio.context().exportEventFd(write);
                int number = closed.fd();
                closed.close();
                closed.close();
                assertThatIllegalStateException().isThrownBy(closed::fd);
                AioEventFd other = aio.context().exportEventFd(pending);
                others.add(other);
                usedAnew = other.fd() == number;
            }
            assertThat(usedAnew).as("the number is used anew").isTrue();
            frozen.thaw();
        }
        get(write);
        assertThat(aio.isResponsive(0)).isTrue();
        for (AioEventFd other : others) {
            assertThat(counter(other)).isZero();
        }
        pending.setSuccess(null);
        for (AioEventFd other : others) {
            awaitReadable(other);
            other.close();
        }
    }

    @Test
    void shouldWakeAnotherProcessWhenPassedOverAUnixSocket() throws Exception {
        Path directory = Files.createTempDirectory("aio-export");
        Path socket = directory.resolve("socket");
        Path path = Patterns.file(TestFileSystem.DISK.newDirectory().resolve("file"), 1, 1 << 20);
        AioFile file = aio.open(path, READ);
        try (Receiver receiver = Receiver.start("eventfds", socket.toString(), "3")) {
            Channel channel = new Bootstrap()
                    .group(aio.group())
                    .channel(EpollDomainSocketChannel.class)
                    .handler(new ChannelInboundHandlerAdapter())
                    .connect(new DomainSocketAddress(socket.toFile()))
                    .sync()
                    .channel();
            List<AioFuture<?>> reads = new ArrayList<>();
            Promise<Void> ready = aio.loop(0).newPromise();
            List<AioEventFd> exported = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                // Made before, done after the other process waits.
                AioEventFd eventFd = aio.context().exportEventFd(ready);
                exported.add(eventFd);
                get(channel.writeAndFlush(new FileDescriptor(eventFd.fd())));
            }
            AioFuture<Long> size = file.size();
            reads.add(size);
            AioEventFd early = aio.context().exportEventFd(size);
            int number = early.fd();
            FileDescriptor detached = new FileDescriptor(early.detach());
            assertThat(detached.intValue()).isEqualTo(number);
            get(channel.writeAndFlush(detached));
            detached.close();
            // The other process has its own descriptors of them by now.
            exported.forEach(AioEventFd::close);
            assertThat(receiver.line()).isEqualTo("waiting");
            assertThat(receiver.line()).isEqualTo("readable 1");
            ready.setSuccess(null);
            assertThat(receiver.line()).isEqualTo("readable 1");
            assertThat(receiver.line()).isEqualTo("readable 1");
            for (AioFuture<?> read : reads) {
                get(read);
            }
            channel.close().sync();
        } finally {
            Files.deleteIfExists(socket);
            Files.delete(directory);
        }
    }
}
