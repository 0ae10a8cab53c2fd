package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.AioOpenOption;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(10)
class OpenFlagsTest {

    /** The bits that {@code open_flags} of {@code aio.c} counts from 0. */
    private static final int READ_ONLY = 1;

    private static final int WRITE_ONLY = 1 << 1;
    private static final int READ_WRITE = 1 << 2;

    private static final Map<AioOpenOption, Integer> BITS = Map.of(
            AioOpenOption.APPEND, 1 << 3,
            AioOpenOption.CREATE, 1 << 4,
            AioOpenOption.CREATE_NEW, (1 << 4) | (1 << 5),
            AioOpenOption.TRUNCATE, 1 << 6,
            AioOpenOption.DIRECT, 1 << 7,
            AioOpenOption.DSYNC, 1 << 8,
            AioOpenOption.SYNC, 1 << 9,
            AioOpenOption.DIRECTORY, 1 << 10,
            AioOpenOption.NOFOLLOW, 1 << 11,
            AioOpenOption.NOATIME, 1 << 12);

    private static Set<AioOpenOption> set(AioOpenOption... options) {
        Set<AioOpenOption> set = EnumSet.noneOf(AioOpenOption.class);
        set.addAll(Arrays.asList(options));
        return set;
    }

    @Test
    void shouldChooseTheAccessModeWhenReadAndWriteAreGivenOrNot() {
        assertThat(OpenFlags.of(set())).isEqualTo(READ_ONLY);
        assertThat(OpenFlags.of(set(AioOpenOption.READ))).isEqualTo(READ_ONLY);
        assertThat(OpenFlags.of(set(AioOpenOption.WRITE))).isEqualTo(WRITE_ONLY);
        assertThat(OpenFlags.of(set(AioOpenOption.READ, AioOpenOption.WRITE))).isEqualTo(READ_WRITE);
        assertThat(OpenFlags.of(set(AioOpenOption.APPEND))).isEqualTo(WRITE_ONLY | 1 << 3);
        assertThat(OpenFlags.of(set(AioOpenOption.APPEND, AioOpenOption.READ))).isEqualTo(READ_WRITE | 1 << 3);
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"READ", "WRITE", "APPEND"})
    void shouldSetItsBitWhenAnOptionIsGiven(AioOpenOption option) {
        assertThat(OpenFlags.of(set(AioOpenOption.READ, option))).isEqualTo(READ_ONLY | BITS.get(option));
        assertThat(OpenFlags.of(set(option, AioOpenOption.WRITE))).isEqualTo(WRITE_ONLY | BITS.get(option));
    }

    @Test
    void shouldSetAllBitsWhenAllOptionsAreGiven() {
        assertThat(OpenFlags.of(EnumSet.allOf(AioOpenOption.class))).isEqualTo(READ_WRITE | 0x1ff8);
    }

    @Test
    void shouldTellWhatTheBitsMeanWhenAsked() {
        assertThat(OpenFlags.reads(OpenFlags.of(set()))).isTrue();
        assertThat(OpenFlags.reads(OpenFlags.of(set(AioOpenOption.WRITE)))).isFalse();
        assertThat(OpenFlags.reads(OpenFlags.of(set(AioOpenOption.READ, AioOpenOption.APPEND))))
                .isTrue();
        assertThat(OpenFlags.isDirect(OpenFlags.of(set(AioOpenOption.DIRECT)))).isTrue();
        assertThat(OpenFlags.isDirect(OpenFlags.of(set(AioOpenOption.DSYNC)))).isFalse();
        assertThat(OpenFlags.isAppend(OpenFlags.of(set(AioOpenOption.APPEND)))).isTrue();
        assertThat(OpenFlags.isAppend(OpenFlags.of(set(AioOpenOption.WRITE)))).isFalse();
        assertThat(OpenFlags.changes(OpenFlags.of(set(AioOpenOption.CREATE)))).isTrue();
        assertThat(OpenFlags.changes(OpenFlags.of(set(AioOpenOption.CREATE_NEW))))
                .isTrue();
        assertThat(OpenFlags.changes(OpenFlags.of(set(AioOpenOption.TRUNCATE)))).isTrue();
        assertThat(OpenFlags.changes(OpenFlags.of(set(AioOpenOption.WRITE)))).isFalse();
    }

    /** What the kernel says of the descriptor, in the flags that are the same on all architectures. */
    private static int flagsOf(Path path, AioOpenOption... options) throws Exception {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer terminated = ByteBuffer.allocateDirect(name.length + 1).put(name);
        int fd = Native.openAt(-1, Native.addressOf(terminated), OpenFlags.of(set(options)), 0600);
        assertThat(fd).as("open").isNotNegative();
        try {
            String line = Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd)).stream()
                    .filter(text -> text.startsWith("flags:"))
                    .findFirst()
                    .orElseThrow();
            return Integer.parseInt(line.substring("flags:".length()).trim(), 8);
        } finally {
            Native.close(fd);
        }
    }

    @Test
    void shouldReachTheKernelWhenAFileIsOpened() throws Exception {
        int accessMode = 03;
        int append = 02000;
        int nonblock = 04000;
        int dsync = 010000;
        int sync = 04010000;
        int closeOnExec = 02000000;
        int noatime = 01000000;
        try (TestFile file = TestFile.ofSize(10)) {
            assertThat(flagsOf(file.path()) & accessMode).isZero();
            assertThat(flagsOf(file.path(), AioOpenOption.WRITE) & accessMode).isEqualTo(1);
            assertThat(flagsOf(file.path(), AioOpenOption.WRITE, AioOpenOption.READ) & accessMode)
                    .isEqualTo(2);
            assertThat(flagsOf(file.path(), AioOpenOption.APPEND) & (append | accessMode))
                    .isEqualTo(append | 1);
            assertThat(flagsOf(file.path()) & (append | sync | noatime)).isZero();
            assertThat(flagsOf(file.path(), AioOpenOption.DSYNC) & sync).isEqualTo(dsync);
            assertThat(flagsOf(file.path(), AioOpenOption.SYNC) & sync).isEqualTo(sync);
            assertThat(flagsOf(file.path(), AioOpenOption.NOATIME) & noatime).isEqualTo(noatime);
            assertThat(flagsOf(file.path()) & (closeOnExec | nonblock)).isEqualTo(closeOnExec | nonblock);

            assertThat(file.contents()).hasSize(10);
            flagsOf(file.path(), AioOpenOption.WRITE, AioOpenOption.TRUNCATE);
            assertThat(file.contents()).isEmpty();
        }
    }
}
