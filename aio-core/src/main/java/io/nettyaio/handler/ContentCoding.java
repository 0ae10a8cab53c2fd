package io.nettyaio.handler;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The content codings that a file may lie beside itself in, compressed beforehand: {@code a.css.br}, {@code a.css.gz}. */
enum ContentCoding {
    BROTLI("br", ".br"),
    GZIP("gzip", ".gz");

    private final String token;
    private final String suffix;

    ContentCoding(String token, String suffix) {
        this.token = token;
        this.suffix = suffix;
    }

    /** Its name in {@code Content-Encoding}. */
    String token() {
        return token;
    }

    /** What is put behind the file's name. */
    String suffix() {
        return suffix;
    }

    /**
     * The codings that a client likes at least as much as none, the best first: {@code Accept-Encoding}, RFC 9110,
     * section 12.5.3.
     *
     * @param field the field's value; {@code null} where there is none, which leaves it at none
     */
    static List<ContentCoding> acceptedBy(@Nullable String field) {
        if (field == null || field.isEmpty()) {
            return List.of();
        }
        double identity = weight(field, "identity", false);
        List<ContentCoding> accepted = new ArrayList<>(2);
        for (ContentCoding coding : values()) {
            double weight = weight(field, coding.token, true);
            // Unless it is named, "identity" is acceptable, but what is named is preferred.
            if (weight > 0 && weight >= identity) {
                accepted.add(coding);
            }
        }
        // Stable: of equal ones the smaller comes first.
        accepted.sort(Comparator.comparingDouble((ContentCoding coding) -> -weight(field, coding.token, true)));
        return accepted;
    }

    /** The weight of a token; of {@code *} where it is not named; 0 where neither is, or it is malformed. */
    private static double weight(String field, String token, boolean star) {
        double any = 0;
        for (String element : field.split(",", -1)) {
            int semicolon = element.indexOf(';');
            String name = (semicolon < 0 ? element : element.substring(0, semicolon))
                    .strip()
                    .toLowerCase(Locale.ROOT);
            double weight = semicolon < 0 ? 1 : quality(element.substring(semicolon + 1));
            if (name.equals(token) || name.equals("x-" + token)) {
                return weight;
            }
            if (star && name.equals("*")) {
                any = weight;
            }
        }
        return any;
    }

    private static double quality(String parameter) {
        String text = parameter.strip();
        if (!text.regionMatches(true, 0, "q=", 0, 2)) {
            return 0;
        }
        String value = text.substring(2).strip();
        if (!value.matches("0(\\.\\d{0,3})?|1(\\.0{0,3})?")) {
            return 0;
        }
        return Double.parseDouble(value);
    }
}
