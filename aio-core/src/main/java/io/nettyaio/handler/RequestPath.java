package io.nettyaio.handler;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The path of a request target, decoded once and freed of {@code .} and {@code ..}: what to open below the served
 * directory.
 *
 * <p>It never climbs above its root, but it is not what keeps a request inside the directory: symbolic links are not
 * seen here. {@link io.nettyaio.AioContext#openBeneath} sees to both.
 *
 * @param segments  the names from the root down; none for the root itself
 * @param directory whether the target ended in a slash, and so asked for a directory
 * @param query     the raw query with its question mark, or an empty string
 */
public record RequestPath(List<String> segments, boolean directory, String query) {

    /** What may stand unencoded in a path segment: RFC 3986, section 3.3. */
    private static final String PLAIN =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@";

    private static final char[] HEX = "0123456789ABCDEF".toCharArray();

    /** The target of a request cannot be turned into a path. */
    public static final class Refused extends Exception {

        private static final long serialVersionUID = 1L;

        @SuppressWarnings("serial") // never serialized
        private final HttpResponseStatus status;

        private Refused(HttpResponseStatus status, String why) {
            // Without a stack trace: any client can cause it, as often as it likes.
            super(why, null, false, false);
            this.status = status;
        }

        /** How to answer. */
        public HttpResponseStatus status() {
            return status;
        }
    }

    /**
     * Takes a request target apart: {@code /path?query}, or the absolute form {@code http://host/path?query}.
     *
     * @throws Refused with 400 where it is malformed, with 403 where it leads above the root
     */
    public static RequestPath parse(String target) throws Refused {
        checkCharacters(target);
        String local = withoutAuthority(target);
        int question = local.indexOf('?');
        String path = question < 0 ? local : local.substring(0, question);
        String query = question < 0 ? "" : local.substring(question);
        if (!path.startsWith("/")) {
            throw new Refused(HttpResponseStatus.BAD_REQUEST, "the path does not begin with a slash");
        }
        String decoded = decode(path);
        if (decoded.startsWith("//")) {
            // Below the root slash stands an absolute path.
            throw new Refused(HttpResponseStatus.FORBIDDEN, "the path is absolute");
        }
        List<String> segments = new ArrayList<>();
        // From the decoded path: an encoded slash separates, and an encoded ".." climbs, like a plain one.
        String[] parts = decoded.split("/", -1);
        for (String part : parts) {
            descend(segments, part);
        }
        String last = parts[parts.length - 1];
        boolean directory = last.isEmpty() || last.equals(".") || last.equals("..");
        return new RequestPath(List.copyOf(segments), directory, query);
    }

    private static void checkCharacters(String target) throws Refused {
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            // Octets from 0x80 on should be encoded too, but clients that send UTF-8 as it is are common, and clear.
            if (c <= ' ' || c == 0x7F || c == '#' || c > 0xFF) {
                throw new Refused(HttpResponseStatus.BAD_REQUEST, "a character that must be encoded");
            }
        }
    }

    private static void descend(List<String> segments, String part) throws Refused {
        if (part.isEmpty() || part.equals(".")) {
            return;
        }
        if (!part.equals("..")) {
            segments.add(part);
        } else if (segments.isEmpty()) {
            throw new Refused(HttpResponseStatus.FORBIDDEN, "the path leads above the root");
        } else {
            segments.remove(segments.size() - 1);
        }
    }

    private static String withoutAuthority(String target) {
        String lower = target.toLowerCase(Locale.ROOT);
        if (!lower.startsWith("http://") && !lower.startsWith("https://")) {
            return target;
        }
        int end = target.indexOf("//") + 2;
        while (end < target.length() && target.charAt(end) != '/' && target.charAt(end) != '?') {
            end++;
        }
        String local = target.substring(end);
        return local.startsWith("/") ? local : '/' + local;
    }

    private static String decode(String path) throws Refused {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(path.length());
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            int octet = c;
            if (c == '%') {
                octet = (hexDigit(path, i + 1) << 4) | hexDigit(path, i + 2);
                i += 2;
            }
            if (octet == 0) {
                throw new Refused(HttpResponseStatus.BAD_REQUEST, "the path has a NUL");
            }
            bytes.write(octet);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new Refused(HttpResponseStatus.BAD_REQUEST, "the path is not UTF-8");
        }
    }

    private static int hexDigit(String path, int index) throws Refused {
        // Not Character.digit alone: that takes digits of other scripts.
        int digit = index < path.length() && path.charAt(index) < 0x80 ? Character.digit(path.charAt(index), 16) : -1;
        if (digit < 0) {
            throw new Refused(HttpResponseStatus.BAD_REQUEST, "a percent sign without two hexadecimal digits");
        }
        return digit;
    }

    /** The path relative to the served directory, without slashes at its ends; empty for the directory itself. */
    public String relative() {
        return String.join("/", segments);
    }

    /** The path of a file in the directory that this path names. */
    public String child(String name) {
        return segments.isEmpty() ? name : relative() + '/' + name;
    }

    /** The last name in the path; empty for the served directory itself. */
    public String name() {
        return segments.isEmpty() ? "" : segments.get(segments.size() - 1);
    }

    /** Where the same path with a slash at its end is found: encoded anew, so that it always stays on this host. */
    public String directoryLocation() {
        StringBuilder location = new StringBuilder("/");
        for (String segment : segments) {
            for (byte octet : segment.getBytes(StandardCharsets.UTF_8)) {
                encode(octet, location);
            }
            location.append('/');
        }
        return location.append(query).toString();
    }

    private static void encode(byte octet, StringBuilder to) {
        char c = (char) (octet & 0xFF);
        if (PLAIN.indexOf(c) >= 0) {
            to.append(c);
        } else {
            to.append('%').append(HEX[c >> 4]).append(HEX[c & 0xF]);
        }
    }
}
