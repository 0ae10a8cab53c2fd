package io.nettyaio.epoll;

import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Paths as the kernel takes and gives them: any bytes but NUL, which need not be text. A {@link Path} keeps such bytes, and
 * gives and takes them through its URI only; its string has {@code U+FFFD} in their place.
 */
final class NativePath {

    /**
     * How names are text: as the JDK turns paths into strings. Where it knows ASCII only, as in a container without a locale,
     * UTF-8, which everybody else takes such names for.
     */
    private static final Charset CHARSET = charset(Charset.forName(
            System.getProperty("sun.jnu.encoding", Charset.defaultCharset().name())));

    private static final Path ROOT = Path.of("/");

    private static final char UNDECODABLE = '\uFFFD';
    private static final String HEX = "0123456789ABCDEF";

    private NativePath() {}

    static Charset charset(Charset ofPaths) {
        return ofPaths.equals(StandardCharsets.US_ASCII) ? StandardCharsets.UTF_8 : ofPaths;
    }

    /** Why text cannot be a name; {@code null} where it can. Else another name would be meant than was said. */
    static @Nullable String whyNoName(String text) {
        return whyNoName(text, CHARSET);
    }

    static @Nullable String whyNoName(String text, Charset charset) {
        if (text.indexOf('\0') >= 0) {
            return "the path holds a NUL character";
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return charset.newEncoder().canEncode(text)
                        ? null
                        : "the path holds what " + charset + " does not have, in which this JVM names files; it takes"
                                + " that from its locale, so run it in one of UTF-8";
            }
        }
        return null;
    }

    /** A path as text, whatever the JDK takes for text. On a helper, as {@link #terminated(Path)}. */
    static String text(Path path) {
        String text = path.toString();
        return text.indexOf(UNDECODABLE) < 0 ? text : new String(bytes(path), CHARSET);
    }

    /** The path with a NUL at its end. On a helper: a path that is no text costs the JDK a system call. */
    static ByteBuffer terminated(Path path) {
        String text = path.toString();
        return text.indexOf(UNDECODABLE) < 0 ? terminated(text) : terminated(bytes(path));
    }

    /** Text with a NUL at its end. */
    static ByteBuffer terminated(String path) {
        return terminated(bytesOf(path));
    }

    /** Text, without a NUL. */
    static byte[] bytesOf(String path) {
        return path.getBytes(CHARSET);
    }

    private static ByteBuffer terminated(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length + 1).put(bytes);
    }

    private static byte[] bytes(Path path) {
        // A URI is absolute, so a relative path is hung below the root for it. And it has a slash at its end where that
        // is a directory, which would follow a symbolic link.
        String raw = ROOT.resolve(path).toUri().getRawPath();
        int begin = path.isAbsolute() ? 0 : 1;
        int end = raw.endsWith("/") ? raw.length() - 1 : raw.length();
        ByteBuffer bytes = ByteBuffer.allocate(end - begin);
        for (int i = begin; i < end; i++) {
            char next = raw.charAt(i);
            if (next == '%') {
                bytes.put((byte) Integer.parseInt(raw, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.put((byte) next);
            }
        }
        byte[] exact = new byte[bytes.position()];
        bytes.flip().get(exact);
        return exact;
    }

    /** The path that has these bytes. */
    static Path of(byte[] bytes) {
        boolean ascii = true;
        for (byte each : bytes) {
            ascii &= each > 0;
        }
        if (ascii) {
            return Path.of(new String(bytes, StandardCharsets.US_ASCII));
        }
        StringBuilder uri = new StringBuilder(8 + 3 * bytes.length).append("file:///");
        for (byte each : bytes) {
            if (each == '/') {
                uri.append('/');
            } else {
                uri.append('%').append(HEX.charAt((each >> 4) & 0xF)).append(HEX.charAt(each & 0xF));
            }
        }
        Path absolute = Path.of(URI.create(uri.toString()));
        return bytes[0] == '/' ? absolute : absolute.subpath(0, absolute.getNameCount());
    }
}
