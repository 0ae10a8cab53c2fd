package io.nettyaio.handler;

import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The header of a part of a form: what RFC 7578 says of it, and what browsers send.
 *
 * @param name        of the form's field
 * @param fileName    as sent, but for a path in front of it; {@code null} where the part is no file
 * @param contentType as sent, {@code text/plain} by default
 */
record MultipartHeader(String name, @Nullable String fileName, String contentType) {

    static MultipartHeader parse(String text) throws HttpUploadException {
        String disposition = null;
        String type = "text/plain";
        for (String line : text.replaceAll("\r\n[ \t]+", " ").split("\r\n", -1)) {
            int colon = line.indexOf(':');
            if (colon <= 0) {
                continue;
            }
            String value = line.substring(colon + 1).strip();
            switch (line.substring(0, colon).strip().toLowerCase(Locale.ROOT)) {
                case "content-disposition" -> disposition = value;
                case "content-type" -> type = value;
                case "content-transfer-encoding" -> checkEncoding(value);
                default -> {}
            }
        }
        if (disposition == null) {
            throw HttpUploadException.badRequest("a part has no Content-Disposition");
        }
        Map<String, String> parameters = parameters(disposition);
        String name = parameters.get("name");
        if (!"form-data".equalsIgnoreCase(parameters.get("")) || name == null) {
            throw HttpUploadException.badRequest("a part's Content-Disposition is not form-data with a name");
        }
        String extended = parameters.get("filename*");
        String plain = parameters.get("filename");
        String fileName = extended != null ? decoded(extended) : plain == null ? null : unescaped(plain);
        return new MultipartHeader(unescaped(name), withoutPath(fileName), type);
    }

    private static void checkEncoding(String encoding) throws HttpUploadException {
        switch (encoding.toLowerCase(Locale.ROOT)) {
            case "7bit", "8bit", "binary" -> {}
            default ->
                throw HttpUploadException.badRequest(
                        "a part has the Content-Transfer-Encoding " + encoding + ", which RFC 7578 does away with");
        }
    }

    /** The value itself under the empty name, then its parameters, names in lower case. */
    private static Map<String, String> parameters(String value) throws HttpUploadException {
        Map<String, String> parameters = new LinkedHashMap<>();
        int at = value.indexOf(';');
        parameters.put("", (at < 0 ? value : value.substring(0, at)).strip());
        while (at >= 0 && at < value.length()) {
            int equals = value.indexOf('=', at + 1);
            if (equals < 0) {
                break;
            }
            String name = value.substring(at + 1, equals).strip().toLowerCase(Locale.ROOT);
            StringBuilder text = new StringBuilder();
            at = parameter(value, equals + 1, text);
            if (parameters.putIfAbsent(name, text.toString()) != null) {
                throw HttpUploadException.badRequest("a part's Content-Disposition says " + name + " twice");
            }
        }
        return parameters;
    }

    /** Reads a token or quoted string; where the next semicolon is, or the end. */
    private static int parameter(String value, int from, StringBuilder into) throws HttpUploadException {
        int at = from;
        while (at < value.length() && value.charAt(at) == ' ') {
            at++;
        }
        if (at == value.length() || value.charAt(at) != '"') {
            int end = value.indexOf(';', at);
            into.append(value, at, end < 0 ? value.length() : end);
            trimEnd(into);
            return end < 0 ? value.length() : end;
        }
        for (at++; at < value.length() && value.charAt(at) != '"'; at++) {
            char c = value.charAt(at);
            // Old browsers send paths with their backslashes as they are.
            boolean escape = c == '\\' && at + 1 < value.length() && isQuotable(value.charAt(at + 1));
            into.append(escape ? value.charAt(++at) : c);
        }
        if (at == value.length()) {
            throw HttpUploadException.badRequest("a quoted string in a part's Content-Disposition does not end");
        }
        int end = value.indexOf(';', at);
        return end < 0 ? value.length() : end;
    }

    private static boolean isQuotable(char c) {
        return c == '"' || c == '\\';
    }

    private static void trimEnd(StringBuilder text) {
        while (!text.isEmpty() && text.charAt(text.length() - 1) == ' ') {
            text.setLength(text.length() - 1);
        }
    }

    /** Browsers escape these three and nothing else, not even the per cent sign (HTML, "multipart form data"). */
    private static String unescaped(String text) {
        return text.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n");
    }

    /** RFC 8187: charset, language and percent-encoded value, with apostrophes between. */
    private static String decoded(String extended) throws HttpUploadException {
        int first = extended.indexOf('\'');
        int second = extended.indexOf('\'', first + 1);
        if (first < 0 || second < 0) {
            throw HttpUploadException.badRequest("a part's filename* is not as RFC 8187 has it");
        }
        byte[] bytes = new byte[extended.length()];
        int length = 0;
        for (int i = second + 1; i < extended.length(); i++) {
            char c = extended.charAt(i);
            if (c == '%') {
                int high = i + 2 < extended.length() ? Character.digit(extended.charAt(i + 1), 16) : -1;
                int low = high < 0 ? -1 : Character.digit(extended.charAt(i + 2), 16);
                if (low < 0) {
                    throw HttpUploadException.badRequest("a part's filename* has a % without two digits");
                }
                bytes[length++] = (byte) (high << 4 | low);
                i += 2;
            } else {
                bytes[length++] = (byte) c;
            }
        }
        return new String(bytes, 0, length, charset(extended.substring(0, first)));
    }

    private static Charset charset(String name) throws HttpUploadException {
        try {
            return name.isEmpty() ? StandardCharsets.UTF_8 : Charset.forName(name);
        } catch (IllegalCharsetNameException | UnsupportedCharsetException unknown) {
            throw HttpUploadException.badRequest("a part's filename* has an unknown charset");
        }
    }

    private static @Nullable String withoutPath(@Nullable String fileName) {
        return fileName == null
                ? null
                : fileName.substring(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1);
    }
}
