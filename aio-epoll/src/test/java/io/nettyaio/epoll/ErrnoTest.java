package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Errors;
import io.nettyaio.AioConfig;
import io.nettyaio.AioException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(10)
class ErrnoTest {

    /** {@code <asm-generic/errno-base.h>} and {@code <asm-generic/errno.h>}. */
    @ParameterizedTest
    @CsvSource({
        "1, EPERM",
        "2, ENOENT",
        "4, EINTR",
        "5, EIO",
        "6, ENXIO",
        "9, EBADF",
        "11, EAGAIN",
        "12, ENOMEM",
        "13, EACCES",
        "14, EFAULT",
        "16, EBUSY",
        "17, EEXIST",
        "18, EXDEV",
        "19, ENODEV",
        "20, ENOTDIR",
        "21, EISDIR",
        "22, EINVAL",
        "23, ENFILE",
        "24, EMFILE",
        "26, ETXTBSY",
        "27, EFBIG",
        "28, ENOSPC",
        "29, ESPIPE",
        "30, EROFS",
        "36, ENAMETOOLONG",
        "38, ENOSYS",
        "40, ELOOP",
        "61, ENODATA",
        "75, EOVERFLOW",
        "95, EOPNOTSUPP",
        "110, ETIMEDOUT",
        "116, ESTALE",
        "117, EUCLEAN",
        "122, EDQUOT",
        "125, ECANCELED",
        "71, E71",
        "4095, E4095"
    })
    void shouldGiveTheKernelsNameWhenKnownAndTheNumberWhenNot(int errno, String name) {
        assertThat(Errno.name(errno)).isEqualTo(name);
        assertThat(Errno.explain(errno)).isNotBlank();
    }

    @Test
    void shouldAgreeWithNettyWhenBothKnowTheNumber() {
        // Loads the library that knows the numbers.
        Epoll.ensureAvailability();
        assertThat(-Errors.ERRNO_EAGAIN_NEGATIVE).isEqualTo(Errno.EAGAIN);
        assertThat(-Errors.ERRNO_EBADF_NEGATIVE).isEqualTo(Errno.EBADF);
        assertThat(-Errors.ERRNO_ENOENT_NEGATIVE).isEqualTo(Errno.ENOENT);
    }

    @ParameterizedTest
    @CsvSource({
        "24, ulimit -n",
        "23, fs.file-max",
        "28, no space left",
        "9, READ or WRITE",
        "5, dmesg",
        "13, permission denied",
        "38, sandbox",
        "30, read-only",
        "122, quota"
    })
    void shouldNameTheRemedyWhenThereIsOne(int errno, String remedy) {
        assertThat(Failures.system(errno, "read", "/x", 7))
                .hasMessageContaining(remedy)
                .hasMessageContaining(Errno.name(errno))
                .hasMessageContaining("errno=" + errno)
                .hasMessageContaining("/x")
                .hasMessageContaining("bytesTransferred=7")
                .extracting(AioException::kind)
                .isEqualTo(AioException.Kind.SYSTEM);
    }

    @Test
    void shouldNameTheBoundAndThePropertyWhenTheQueueIsFull() {
        AioConfig config = AioConfig.builder().pendingOperations(17).build();

        AioException full = Failures.queueFull("write", "/x", 17, 4096, config);

        assertThat(full.kind()).isEqualTo(AioException.Kind.QUEUE_FULL);
        assertThat(full.errno()).isEqualTo(Errno.EAGAIN);
        assertThat(full)
                .hasMessageContaining("pendingOperations=17")
                .hasMessageContaining("AioConfig.pendingOperations")
                .hasMessageContaining("4096 of pendingBytes=1073741824")
                .hasMessageContaining("-Dio.nettyaio.pendingOperations");
    }

    @Test
    void shouldNameTheAlignmentWhenMisaligned() {
        assertThat(Failures.misaligned("offset", 513, 512, "read", "/x"))
                .hasMessageContaining("offset=513")
                .hasMessageContaining("alignment=512")
                .hasMessageContaining("alignedAllocator");
    }

    @ParameterizedTest
    @CsvSource({"11, fs.aio-max-nr", "11, queueDepth=99", "38, CONFIG_AIO", "1, seccomp", "13, seccomp", "12, memory"})
    void shouldNameTheRemedyWhenKernelAioIsRefused(int errno, String remedy) {
        assertThat(KernelAio.refusal(errno, 99))
                .hasMessageContaining("io_setup")
                .hasMessageContaining(Errno.name(errno))
                .hasMessageContaining(remedy);
    }
}
