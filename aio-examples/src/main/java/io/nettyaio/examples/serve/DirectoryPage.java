package io.nettyaio.examples.serve;

import io.nettyaio.AioDirectory;
import io.nettyaio.AioDirectory.Entry;
import io.nettyaio.AioDirectory.Kind;
import io.nettyaio.handler.HttpDirectoryPage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * What is in a directory, as a page: sorted by name, size or time, without anything from elsewhere. Sorting works without
 * scripts; the one script sends files and shows how far it is. A policy lets the browser run nothing but that one.
 */
final class DirectoryPage implements HttpDirectoryPage {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final String FORM = """
            <form method="post" enctype="multipart/form-data">
            <input type="file" name="file" multiple required aria-label="Files to upload">
            <button>Upload</button>
            <progress value="0" hidden></progress>
            <output></output>
            </form>
            """;
    private static final String STYLE = resource("page.css");
    private static final String SCRIPT = resource("page.js");
    private static final String POLICY =
            "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
                    + " connect-src 'self'; style-src '" + hash(STYLE) + "'; script-src '" + hash(SCRIPT) + "'";

    private final boolean upload;

    /** @param upload whether files may be sent to the directory */
    DirectoryPage(boolean upload) {
        this.upload = upload;
    }

    private static final Comparator<Entry> BY_NAME =
            Comparator.comparing(Entry::name, String.CASE_INSENSITIVE_ORDER).thenComparing(Entry::name);

    /** What entries are sorted by. */
    private enum Key {
        NAME("name"),
        SIZE("size"),
        TIME("time");

        private final String word;

        Key(String word) {
            this.word = word;
        }

        Comparator<Entry> order() {
            return switch (this) {
                case NAME -> BY_NAME;
                case SIZE -> Comparator.comparingLong(Entry::sizeBytes);
                case TIME -> Comparator.comparing(Entry::modified);
            };
        }

        static Key of(String query) {
            for (Key key : values()) {
                if (query.matches("\\?(.*&)?sort=" + key.word + "(&.*)?")) {
                    return key;
                }
            }
            return NAME;
        }
    }

    @Override
    public Page page(String path, String query, AioDirectory directory) {
        Key key = Key.of(query);
        boolean descending = query.matches("\\?(.*&)?order=desc(&.*)?");
        StringBuilder html = new StringBuilder(2048 + 160 * directory.entries().size());
        html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
        escape('/' + path, html);
        html.append("</title>\n<style>").append(STYLE).append("</style>\n</head>\n<body>\n<h1>");
        crumbs(path, html);
        html.append("</h1>\n");
        if (upload) {
            html.append(FORM);
        }
        html.append("<table>\n<thead><tr>");
        heading("n", "Name", Key.NAME, key, descending, html);
        heading("s", "Size", Key.SIZE, key, descending, html);
        heading("d", "Modified (UTC)", Key.TIME, key, descending, html);
        html.append("</tr></thead>\n<tbody>\n");
        if (!path.isEmpty()) {
            html.append(
                    "<tr><td class=\"n\"><a href=\"../\">../</a></td><td class=\"s\"></td><td class=\"d\"></td></tr>\n");
        }
        for (Entry entry : sorted(directory, key, descending)) {
            row(entry, html);
        }
        html.append("</tbody>\n</table>\n");
        if (!directory.complete()) {
            html.append("<p>There are more; only ")
                    .append(directory.entries().size())
                    .append(" are shown.</p>\n");
        } else if (directory.entries().isEmpty()) {
            html.append("<p>Nothing here.</p>\n");
        }
        if (upload) {
            html.append("<script>").append(SCRIPT).append("</script>\n");
        }
        html.append("</body>\n</html>\n");
        return new Page(
                "text/html; charset=utf-8",
                StandardCharsets.UTF_8.encode(html.toString()),
                Map.of("Content-Security-Policy", POLICY, "Cache-Control", "no-cache"));
    }

    /** Directories first, whatever the order. */
    private static List<Entry> sorted(AioDirectory directory, Key key, boolean descending) {
        List<Entry> entries = new ArrayList<>(directory.entries());
        Comparator<Entry> order = descending ? key.order().reversed() : key.order();
        entries.sort(Comparator.comparing((Entry entry) -> entry.kind() != Kind.DIRECTORY)
                .thenComparing(order)
                .thenComparing(BY_NAME));
        return entries;
    }

    private static void crumbs(String path, StringBuilder html) {
        String[] names = path.isEmpty() ? new String[0] : path.split("/", -1);
        html.append("<a href=\"").append("../".repeat(names.length)).append("./\">/</a>");
        for (int i = 0; i < names.length; i++) {
            html.append("<a href=\"").append("../".repeat(names.length - 1 - i)).append("./\">");
            escape(names[i], html);
            html.append("</a>/");
        }
    }

    private static void heading(
            String type, String text, Key key, Key current, boolean descending, StringBuilder html) {
        boolean here = key == current;
        // A second click turns it round; sizes and times begin with the greatest.
        boolean next = here ? !descending : key != Key.NAME;
        html.append("<th class=\"").append(type).append('"');
        if (here) {
            html.append(" aria-sort=\"")
                    .append(descending ? "descending" : "ascending")
                    .append('"');
        }
        html.append("><a href=\"?sort=").append(key.word).append("&amp;order=").append(next ? "desc" : "asc");
        html.append("\">")
                .append(text)
                .append(here ? (descending ? " \u2193" : " \u2191") : "")
                .append("</a></th>");
    }

    private static void row(Entry entry, StringBuilder html) {
        boolean directory = entry.kind() == Kind.DIRECTORY;
        String slash = directory ? "/" : "";
        html.append("<tr><td class=\"n\">");
        if (entry.kind() != Kind.OTHER) {
            html.append("<a href=\"./")
                    .append(encode(entry.name()))
                    .append(slash)
                    .append("\">");
        }
        escape(entry.name(), html);
        html.append(slash);
        if (entry.kind() != Kind.OTHER) {
            html.append("</a>");
        }
        html.append("</td><td class=\"s\"");
        if (entry.kind() == Kind.FILE) {
            html.append(" title=\"")
                    .append(entry.sizeBytes())
                    .append(" bytes\">")
                    .append(size(entry.sizeBytes()));
        } else {
            html.append('>').append(entry.kind() == Kind.LINK ? "link" : "");
        }
        html.append("</td><td class=\"d\">");
        TIME.formatTo(entry.modified(), html);
        html.append("</td></tr>\n");
    }

    /** Three digits and a unit of 1,024. */
    static String size(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        double value = bytes;
        int unit = -1;
        do {
            value /= 1024;
            unit++;
        } while (value >= 999.5 && unit < 5);
        return String.format(Locale.ROOT, value < 9.95 ? "%.1f" : "%.0f", value) + ' ' + "KMGTPE".charAt(unit) + "iB";
    }

    private static String encode(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Names are anybody's: none may be more than text. */
    private static void escape(String text, StringBuilder html) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> html.append("&amp;");
                case '<' -> html.append("&lt;");
                case '>' -> html.append("&gt;");
                case '"' -> html.append("&quot;");
                case '\'' -> html.append("&#39;");
                default -> html.append(c < ' ' ? '\uFFFD' : c);
            }
        }
    }

    private static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(DirectoryPage.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String hash(String inline) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(inline.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
