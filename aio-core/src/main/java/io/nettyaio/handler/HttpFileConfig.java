package io.nettyaio.handler;

import io.netty.handler.codec.http.HttpMethod;
import io.nettyaio.AioClass;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How an {@link HttpFileHandler} answers, and its limits; immutable. */
public final class HttpFileConfig {

    private static final HttpFileConfig DEFAULTS = builder().build();

    private final @Nullable String indexFile;
    private final @Nullable HttpDirectoryPage directoryPage;
    private final int directoryEntries;
    private final boolean precompressed;
    private final int openFiles;
    private final long revalidateNanos;
    private final int maxRanges;
    private final Function<String, String> contentType;
    private final Map<String, String> headers;
    private final Set<HttpMethod> passedMethods;
    private final AioTransferOptions transfer;
    private final AioClass ioClass;
    private final String allow;

    private HttpFileConfig(Builder builder) {
        indexFile = builder.indexFile;
        directoryPage = builder.directoryPage;
        directoryEntries = builder.directoryEntries;
        precompressed = builder.precompressed;
        openFiles = builder.openFiles;
        revalidateNanos = builder.revalidateNanos;
        maxRanges = builder.maxRanges;
        contentType = builder.contentType;
        headers = Map.copyOf(builder.headers);
        passedMethods = Set.copyOf(builder.passedMethods);
        transfer = builder.transfer;
        ioClass = builder.ioClass;
        StringBuilder methods = new StringBuilder("GET, HEAD, OPTIONS");
        builder.passedMethods.forEach(method -> methods.append(", ").append(method.name()));
        allow = methods.toString();
    }

    /** {@code index.html}, no listing, compressed siblings, 1,024 open files, looked at again after a second. */
    public static HttpFileConfig defaults() {
        return DEFAULTS;
    }

    /** Starts from the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** What a directory is answered with where it holds it; {@code null} for nothing. */
    public @Nullable String indexFile() {
        return indexFile;
    }

    /** What makes a page of a directory without an index; {@code null} where it is answered with 404. */
    public @Nullable HttpDirectoryPage directoryPage() {
        return directoryPage;
    }

    /** How many entries such a page gets at most. */
    public int directoryEntries() {
        return directoryEntries;
    }

    /** Whether {@code FILE.br} and {@code FILE.gz} are sent in place of FILE to who accepts that. */
    public boolean precompressed() {
        return precompressed;
    }

    /** Files kept open on each event loop, at most; those that are being sent come on top. */
    public int openFiles() {
        return openFiles;
    }

    /** How long what is known of a path is relied on, in nanoseconds. */
    public long revalidateNanos() {
        return revalidateNanos;
    }

    /** A {@code Range} with more ranges is ignored. */
    public int maxRanges() {
        return maxRanges;
    }

    /** The {@code Content-Type} of a file, by its name. */
    public Function<String, String> contentType() {
        return contentType;
    }

    /** Header fields of every response. */
    public Map<String, String> headers() {
        return headers;
    }

    /** Methods that are passed on to the next handler; any other but GET, HEAD and OPTIONS is answered with 405. */
    public Set<HttpMethod> passedMethods() {
        return passedMethods;
    }

    /** How files are sent. */
    public AioTransferOptions transfer() {
        return transfer;
    }

    /** What the reads of files belong to: their share of the device, and their limits. */
    public AioClass ioClass() {
        return ioClass;
    }

    /** The value of {@code Allow}. */
    String allow() {
        return allow;
    }

    /** Sets values one by one. */
    public static final class Builder {

        private @Nullable String indexFile = "index.html";
        private @Nullable HttpDirectoryPage directoryPage;
        private int directoryEntries = 10_000;
        private boolean precompressed = true;
        private int openFiles = 1024;
        private long revalidateNanos = Duration.ofSeconds(1).toNanos();
        private int maxRanges = 32;
        private Function<String, String> contentType = MimeTypes::of;
        private final Map<String, String> headers = new LinkedHashMap<>();
        private final Set<HttpMethod> passedMethods = new LinkedHashSet<>();
        private AioTransferOptions transfer = AioTransferOptions.DEFAULT;
        private AioClass ioClass = AioClass.DEFAULT;

        private Builder() {}

        /**
         * What a directory is answered with where it holds it; {@code null} for nothing.
         *
         * @throws IllegalArgumentException where it is not a plain name
         */
        public Builder indexFile(@Nullable String name) {
            if (name != null && (name.isEmpty() || name.indexOf('/') >= 0 || name.startsWith(".."))) {
                throw new IllegalArgumentException("indexFile=" + name + ": must be a file's name, without a slash");
            }
            indexFile = name;
            return this;
        }

        /** What makes a page of a directory without an index; {@code null} where it is answered with 404. */
        public Builder directoryPage(@Nullable HttpDirectoryPage page) {
            directoryPage = page;
            return this;
        }

        /** How many entries such a page gets at most, from 1 to 1,000,000. */
        public Builder directoryEntries(int count) {
            directoryEntries = check("directoryEntries", count, 1, 1_000_000);
            return this;
        }

        /** Whether {@code FILE.br} and {@code FILE.gz} are sent in place of FILE to who accepts that. */
        public Builder precompressed(boolean on) {
            precompressed = on;
            return this;
        }

        /** Files kept open on each event loop, at most; from 0 to 1,000,000. */
        public Builder openFiles(int count) {
            openFiles = check("openFiles", count, 0, 1_000_000);
            return this;
        }

        /** How long what is known of a path is relied on; 0 to look each time. */
        public Builder revalidate(Duration after) {
            if (after.isNegative()) {
                throw new IllegalArgumentException("revalidate=" + after + ": must not be negative");
            }
            revalidateNanos = after.toNanos();
            return this;
        }

        /** A {@code Range} with more ranges is ignored; from 0, for all, to 1,000. */
        public Builder maxRanges(int count) {
            maxRanges = check("maxRanges", count, 0, 1000);
            return this;
        }

        /** The {@code Content-Type} of a file, by its name; called on event loops. */
        public Builder contentType(Function<String, String> byName) {
            contentType = Objects.requireNonNull(byName, "byName");
            return this;
        }

        /** A header field of every response, as {@code Cache-Control}. */
        public Builder header(String name, String value) {
            headers.put(name, value);
            return this;
        }

        /** A method that is passed on to the next handler, which answers it. */
        public Builder passMethod(HttpMethod method) {
            passedMethods.add(Objects.requireNonNull(method, "method"));
            return this;
        }

        /** How files are sent. */
        public Builder transfer(AioTransferOptions options) {
            transfer = Objects.requireNonNull(options, "options");
            return this;
        }

        /** What the reads of files belong to: their share of the device, and their limits. */
        public Builder ioClass(AioClass of) {
            ioClass = of;
            return this;
        }

        private static int check(String name, int value, int least, int most) {
            if (value < least || value > most) {
                throw new IllegalArgumentException(name + "=" + value + ": must be from " + least + " to " + most);
            }
            return value;
        }

        /** The configuration. */
        public HttpFileConfig build() {
            return new HttpFileConfig(this);
        }
    }
}
