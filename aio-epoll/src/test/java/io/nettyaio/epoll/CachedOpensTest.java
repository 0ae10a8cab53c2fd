package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioOpenOption;
import io.nettyaio.AioRoute;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the kernel may answer to an open on the loop. Whatever it is, the file is opened, if need be by a helper. */
@Timeout(30)
class CachedOpensTest {

    private static final long EXT4 = 0xEF53;
    private static final long NFS = 0x6969;
    private static final int DEVICE_MINOR = 140;

    private final TestFile file = TestFile.ofSize(4096);

    @AfterEach
    void deleteFile() {
        file.close();
    }

    /** On a file system of a given type, whatever the test lies on. */
    private static class Kernel extends ScriptedSyscalls {
        final AtomicInteger asked = new AtomicInteger();
        private final long type;

        Kernel(long type) {
            this.type = type;
        }

        @Override
        public long fileSystemType(int fd) {
            return type;
        }

        @Override
        public int openCached(int directory, long path, int options, int statxMask, long statx) {
            asked.incrementAndGet();
            // What the test lies on need not know the flag.
            int fd = super.openBeneath(directory, path, options, 0);
            assertThat(super.statx(fd, statxMask, statx)).isZero();
            return fd;
        }
    }

    private AioFile directory(Engine engine) {
        AioFile directory = engine.open(file.path().getParent(), AioOpenOption.READ, AioOpenOption.DIRECTORY);
        // A file on the mount, so that it is known whether its reads know RWF_NOWAIT.
        Await.value(engine.open(file.path(), AioOpenOption.READ).close());
        return directory;
    }

    private AioRoute openAndRead(Engine engine, AioFile directory, AioOpenOption... options) {
        AioFuture<AioFile> opening =
                engine.context.openBeneath(directory, file.path().getFileName().toString(), options);
        AioFile opened = Await.value(opening);
        ByteBuf read = Await.value(opened.read(0, 4096));
        assertThat(TestFile.bytes(read)).isEqualTo(TestFile.expected(0, 4096));
        read.release();
        Await.value(opened.close());
        return opening.route();
    }

    @Test
    void shouldOpenOnLoopWhenTheKernelHasItInMemory() {
        Kernel kernel = new Kernel(EXT4);
        try (Engine engine = new Engine(kernel)) {
            assertThat(openAndRead(engine, directory(engine), AioOpenOption.READ))
                    .isEqualTo(AioRoute.INLINE);
            assertThat(kernel.asked).hasValue(1);
        }
    }

    @Test
    void shouldNotEvenTryWhenTheFileSystemMayAskOthersOrTheOpenIsNotForReading() {
        Kernel network = new Kernel(NFS);
        try (Engine engine = new Engine(network)) {
            assertThat(openAndRead(engine, directory(engine), AioOpenOption.READ))
                    .isEqualTo(AioRoute.HELPER);
            assertThat(network.asked).hasValue(0);
        }
        Kernel local = new Kernel(EXT4);
        try (Engine engine = new Engine(local)) {
            AioFile directory = directory(engine);
            assertThat(openAndRead(engine, directory, AioOpenOption.READ, AioOpenOption.WRITE))
                    .isEqualTo(AioRoute.HELPER);
            assertThat(openAndRead(engine, directory, AioOpenOption.READ, AioOpenOption.WRITE, AioOpenOption.CREATE))
                    .isEqualTo(AioRoute.HELPER);
            assertThat(local.asked).hasValue(0);
        }
    }

    @Test
    void shouldAskOnceWhenTheKernelDoesNotKnowTheFlag() {
        Kernel old = new Kernel(EXT4) {
            @Override
            public int openCached(int directory, long path, int options, int statxMask, long statx) {
                asked.incrementAndGet();
                return -Errno.EINVAL;
            }
        };
        try (Engine engine = new Engine(old)) {
            AioFile directory = directory(engine);
            for (int i = 0; i < 3; i++) {
                assertThat(openAndRead(engine, directory, AioOpenOption.READ)).isEqualTo(AioRoute.HELPER);
            }
            assertThat(old.asked).hasValue(1);
        }
    }

    @Test
    void shouldRestWhenTwoHaveHeldUpTheLoop() {
        Kernel slow = new Kernel(EXT4) {
            @Override
            public int openCached(int directory, long path, int options, int statxMask, long statx) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
                return super.openCached(directory, path, options, statxMask, statx);
            }
        };
        try (Engine engine = new Engine(slow)) {
            AioFile directory = directory(engine);
            assertThat(openAndRead(engine, directory, AioOpenOption.READ)).isEqualTo(AioRoute.INLINE);
            assertThat(openAndRead(engine, directory, AioOpenOption.READ)).isEqualTo(AioRoute.INLINE);
            assertThat(openAndRead(engine, directory, AioOpenOption.READ)).isEqualTo(AioRoute.HELPER);
            assertThat(slow.asked).hasValue(2);
        }
    }

    /** A subvolume of btrfs has a device of its own on the same mount: what is known of the directory is not true of it. */
    @Test
    void shouldCloseAndLeaveItToHelperWhenItLiesOnAnotherDevice() {
        Kernel subvolume = new Kernel(EXT4) {
            @Override
            public int openCached(int directory, long path, int options, int statxMask, long statx) {
                int fd = super.openCached(directory, path, options, statxMask, statx);
                var answer = Native.wrap(statx, Statx.BYTES).order(ByteOrder.nativeOrder());
                answer.putInt(DEVICE_MINOR, answer.getInt(DEVICE_MINOR) + 1);
                return fd;
            }
        };
        // That nothing stays open is looked at when the engine closes.
        try (Engine engine = new Engine(subvolume)) {
            assertThat(openAndRead(engine, directory(engine), AioOpenOption.READ))
                    .isEqualTo(AioRoute.HELPER);
            assertThat(subvolume.asked).hasValue(1);
        }
    }
}
