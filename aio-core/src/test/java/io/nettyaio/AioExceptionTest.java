package io.nettyaio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class AioExceptionTest {

    @Test
    void shouldNameOperationPathErrnoAndRemedyWhenPrinted() {
        AioException exception = new AioException(
                AioException.Kind.SYSTEM, 28, "ENOSPC", "write", "/data/a", 4096, "no space left on the device");

        assertThat(exception)
                .isInstanceOf(IOException.class)
                .hasMessage("write /data/a: ENOSPC (errno=28): no space left on the device [bytesTransferred=4096]");
        assertThat(exception.kind()).isEqualTo(AioException.Kind.SYSTEM);
        assertThat(exception.errno()).isEqualTo(28);
        assertThat(exception.errnoName()).isEqualTo("ENOSPC");
        assertThat(exception.operation()).isEqualTo("write");
        assertThat(exception.path()).isEqualTo("/data/a");
        assertThat(exception.bytesTransferred()).isEqualTo(4096);
    }

    @Test
    void shouldLeaveOutPathAndBytesWhenThereAreNone() {
        AioException exception =
                new AioException(AioException.Kind.QUEUE_FULL, 11, "EAGAIN", "read", null, 0, "wait for completions");

        assertThat(exception).hasMessage("read: EAGAIN (errno=11): wait for completions");
        assertThat(exception.path()).isNull();
    }

    @Test
    void shouldBeTheSameWhenSerialized() throws Exception {
        AioException exception =
                new AioException(AioException.Kind.CLOSED, 9, "EBADF", "fsync", "/data/b", 0, "the file is closed");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(exception);
        }

        AioException read;
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            read = (AioException) in.readObject();
        }

        assertThat(read).hasMessage(exception.getMessage());
        assertThat(read.kind()).isEqualTo(AioException.Kind.CLOSED);
        assertThat(read.errno()).isEqualTo(9);
        assertThat(read.path()).isEqualTo("/data/b");
    }
}
