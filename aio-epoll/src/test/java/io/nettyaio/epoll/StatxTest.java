package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.nettyaio.AioStat;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Offsets here are those of {@code struct statx} in {@code <linux/stat.h>}, written down once more. */
@Timeout(10)
class StatxTest {

    private static final int BASIC = 0x7ff;
    private static final int MNT_ID = 0x1000;
    private static final int DIOALIGN = 0x2000;

    /** A statx(2) that answers the same for every file. */
    private static final class Fixed extends NativeSyscalls {
        private final int mask;
        private final int result;
        private int asked;

        Fixed(int mask, int result) {
            this.mask = mask;
            this.result = result;
        }

        @Override
        public int statx(int fd, int wanted, long buffer) {
            asked = wanted;
            ByteBuffer out = ScriptedSyscalls.memory(buffer, 256);
            out.putInt(0, mask); // stx_mask
            out.putInt(4, 4096); // stx_blksize
            out.putLong(8, -1); // stx_attributes
            out.putInt(16, 16); // stx_nlink
            out.putInt(20, 20); // stx_uid
            out.putInt(24, 24); // stx_gid
            out.putShort(28, (short) 0100751); // stx_mode
            out.putLong(32, 0x3232323232L); // stx_ino
            out.putLong(40, 0x4040404040L); // stx_size
            out.putLong(48, 0x4848484848L); // stx_blocks
            out.putLong(56, -1); // stx_attributes_mask
            time(out, 64, 1_064, 64); // stx_atime
            time(out, 80, 1_080, 80); // stx_btime
            time(out, 96, 1_096, 96); // stx_ctime
            time(out, 112, -112, 112); // stx_mtime
            out.putInt(128, 128); // stx_rdev_major
            out.putInt(132, 132); // stx_rdev_minor
            out.putInt(136, 136); // stx_dev_major
            out.putInt(140, 140); // stx_dev_minor
            out.putLong(144, 0x144144144144L); // stx_mnt_id
            out.putInt(152, 512); // stx_dio_mem_align
            out.putInt(156, 4096); // stx_dio_offset_align
            return result;
        }

        private static void time(ByteBuffer out, int at, long seconds, int nanos) {
            out.putLong(at, seconds);
            out.putInt(at + 8, nanos);
        }
    }

    @Test
    void shouldReadEachFieldWhereTheKernelWritesItWhenFilled() throws Exception {
        Fixed syscalls = new Fixed(BASIC | MNT_ID | DIOALIGN, 0);

        Statx statx = Statx.of(syscalls, 3);

        assertThat(statx.stat())
                .isEqualTo(new AioStat(
                        0100751,
                        0x4040404040L,
                        0x4848484848L,
                        0x3232323232L,
                        136,
                        140,
                        16,
                        20,
                        24,
                        Instant.ofEpochSecond(1_064, 64),
                        Instant.ofEpochSecond(-112, 112),
                        Instant.ofEpochSecond(1_096, 96)));
        assertThat(statx.type()).isEqualTo(Statx.S_IFREG);
        assertThat(statx.rdevMajor()).isEqualTo(128);
        assertThat(statx.rdevMinor()).isEqualTo(132);
        assertThat(statx.mountId()).isEqualTo(0x144144144144L);
        assertThat(statx.dioAlignment()).isEqualTo(4096);
        assertThat(syscalls.asked).isEqualTo(BASIC | MNT_ID | DIOALIGN);
    }

    @Test
    void shouldNotBelieveAFieldWhenTheMaskLeavesItOut() throws Exception {
        Statx statx = Statx.of(new Fixed(BASIC, 0), 3);

        assertThat(statx.mountId()).isEqualTo(-1);
        assertThat(statx.dioAlignment()).isZero();
    }

    @Test
    void shouldCarryTheErrorNumberWhenRefused() {
        assertThatExceptionOfType(Statx.Refused.class)
                .isThrownBy(() -> Statx.of(new Fixed(0, -Errno.EACCES), 3))
                .satisfies(refused -> assertThat(refused.errno()).isEqualTo(Errno.EACCES))
                .withMessage("EACCES");
    }

    @Test
    void shouldAgreeWithTheJdkWhenTheFileIsReal() throws Exception {
        try (TestFile file = TestFile.ofSize(12_345)) {
            byte[] name = file.path().toString().getBytes(StandardCharsets.UTF_8);
            ByteBuffer terminated = ByteBuffer.allocateDirect(name.length + 1).put(name);
            int fd = Native.openAt(-1, Native.addressOf(terminated), 1, 0);
            assertThat(fd).isNotNegative();
            try {
                AioStat stat = Statx.of(Syscalls.NATIVE, fd).stat();
                assertThat(stat.sizeBytes()).isEqualTo(12_345);
                assertThat(stat.isRegularFile()).isTrue();
                assertThat(stat.inode()).isEqualTo(Files.getAttribute(file.path(), "unix:ino"));
                assertThat(stat.mode()).isEqualTo(Files.getAttribute(file.path(), "unix:mode"));
                assertThat(stat.links()).isEqualTo(Files.getAttribute(file.path(), "unix:nlink"));
                assertThat(stat.uid()).isEqualTo(Files.getAttribute(file.path(), "unix:uid"));
                assertThat(FileTime.from(stat.modified()))
                        .isEqualTo(Files.getAttribute(file.path(), "unix:lastModifiedTime"));
                assertThat(FileTime.from(stat.changed())).isEqualTo(Files.getAttribute(file.path(), "unix:ctime"));
            } finally {
                Native.close(fd);
            }
        }
    }
}
