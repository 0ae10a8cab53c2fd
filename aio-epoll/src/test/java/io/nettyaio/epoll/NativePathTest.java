package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Between paths and the bytes of the kernel nothing is lost. */
@Timeout(10)
class NativePathTest {

    private static byte[] bytes(ByteBuffer terminated) {
        byte[] bytes = new byte[terminated.position()];
        terminated.flip().get(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "a/b", "/", "/a b/%41?#", "../x/.", "Größe", "/ü/b"})
    void shouldGiveTheSameBytesWhenPathIsText(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertThat(bytes(NativePath.terminated(NativePath.of(bytes)))).isEqualTo(bytes);
    }

    /** Latin-1, where the JVM's encoding is another: no text, and the bytes come back all the same. */
    @Test
    void shouldGiveTheSameBytesWhenPathIsNoText() {
        byte[] name = {'a', (byte) 0xE4, (byte) 0xFF, 'z'};
        Path path = NativePath.of(name);
        assertThat(path.isAbsolute()).isFalse();
        assertThat(path.getNameCount()).isOne();
        assertThat(bytes(NativePath.terminated(path))).isEqualTo(name);
        Path absolute = NativePath.of(new byte[] {'/', (byte) 0xE4, '/', (byte) 0xFC});
        assertThat(absolute.isAbsolute()).isTrue();
        assertThat(bytes(NativePath.terminated(absolute))).containsExactly('/', 0xE4, '/', 0xFC);
        assertThat(path).isNotEqualTo(NativePath.of(new byte[] {'a', (byte) 0xE5, (byte) 0xFF, 'z'}));
    }

    /** In place of what an encoding does not have it has a question mark, which is another name. */
    @Test
    void shouldTakeNoTextForANameThatTheEncodingDoesNotHave() {
        assertThat(NativePath.whyNoName("Größe", StandardCharsets.ISO_8859_1)).isNull();
        assertThat(NativePath.whyNoName("日本", StandardCharsets.UTF_8)).isNull();
        assertThat(NativePath.whyNoName("日本", StandardCharsets.ISO_8859_1)).contains("ISO-8859-1", "UTF-8");
        assertThat(NativePath.whyNoName("half \uD800", StandardCharsets.UTF_8)).contains("UTF-8");
        assertThat(NativePath.whyNoName("a\0b", StandardCharsets.UTF_8)).contains("NUL");
        assertThat(NativePath.charset(StandardCharsets.US_ASCII)).isEqualTo(StandardCharsets.UTF_8);
        assertThat(NativePath.charset(StandardCharsets.ISO_8859_1)).isEqualTo(StandardCharsets.ISO_8859_1);
    }

    @Test
    void shouldEndWithNulWhenHandedToTheKernel() {
        ByteBuffer name = NativePath.terminated("ab");
        assertThat(name.capacity()).isEqualTo(3);
        assertThat(name.get(2)).isZero();
    }
}
