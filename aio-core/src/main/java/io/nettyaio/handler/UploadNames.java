package io.nettyaio.handler;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;

/** Names of files as clients send them: whatever is not plainly a name of a file in a directory is refused. */
final class UploadNames {

    private static final int MOST_BYTES = 255; // NAME_MAX
    private static final char REPLACEMENT = '\uFFFD';

    private UploadNames() {}

    /** The last part of a request's path. */
    static String ofPath(String uri) throws HttpUploadException {
        int query = uri.indexOf('?');
        String path = query < 0 ? uri : uri.substring(0, query);
        String name = path.substring(path.lastIndexOf('/') + 1);
        try {
            // Decoded by itself, so that an encoded separator is seen as one.
            return checked(new QueryStringDecoder("/" + name).path().substring(1));
        } catch (IllegalArgumentException badEscape) {
            throw HttpUploadException.badRequest("the path has a bad percent escape");
        }
    }

    /** The name itself. */
    static String checked(String name) throws HttpUploadException {
        if (name.isEmpty() || name.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
            throw HttpUploadException.badRequest("the name of a file has 1 to " + MOST_BYTES + " bytes");
        }
        if (name.charAt(0) == '.') {
            throw HttpUploadException.badRequest("the name of a file must not begin with a dot");
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean separates = c == '/' || c == '\\';
            boolean illFormed = c == REPLACEMENT || (Character.isSurrogate(c) && !isPaired(name, i));
            if (separates || illFormed || Character.isISOControl(c)) {
                throw HttpUploadException.badRequest("the name of a file must have neither separators nor control"
                        + " characters, and be well-formed UTF-8");
            }
        }
        return name;
    }

    private static boolean isPaired(String name, int at) {
        return Character.isHighSurrogate(name.charAt(at))
                ? at + 1 < name.length() && Character.isLowSurrogate(name.charAt(at + 1))
                : at > 0 && Character.isHighSurrogate(name.charAt(at - 1));
    }
}
