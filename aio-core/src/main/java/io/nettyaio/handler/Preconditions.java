package io.nettyaio.handler;

import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Instant;
import java.util.Date;
import org.jspecify.annotations.Nullable;

/** Conditional requests to GET and HEAD: RFC 9110, section 13. */
final class Preconditions {

    /** What they come to. */
    enum Outcome {
        /** Answer as if there were none. */
        PROCEED,
        /** 304: the client has it already. */
        NOT_MODIFIED,
        /** 412: the client speaks of another version. */
        FAILED
    }

    private Preconditions() {}

    /**
     * Evaluates them, in the order of section 13.2.2.
     *
     * @param request  the request's header
     * @param etag     the strong entity tag of what would be sent, with its quotes
     * @param modified when it was last changed
     */
    static Outcome evaluate(HttpHeaders request, String etag, Instant modified) {
        String ifMatch = joined(request, HttpHeaderNames.IF_MATCH);
        if (ifMatch != null) {
            if (!matches(ifMatch, etag, false)) {
                return Outcome.FAILED;
            }
        } else {
            Instant since = date(request, HttpHeaderNames.IF_UNMODIFIED_SINCE);
            if (since != null && seconds(modified) > since.getEpochSecond()) {
                return Outcome.FAILED;
            }
        }
        String ifNoneMatch = joined(request, HttpHeaderNames.IF_NONE_MATCH);
        if (ifNoneMatch != null) {
            return matches(ifNoneMatch, etag, true) ? Outcome.NOT_MODIFIED : Outcome.PROCEED;
        }
        Instant since = date(request, HttpHeaderNames.IF_MODIFIED_SINCE);
        return since != null && seconds(modified) <= since.getEpochSecond() ? Outcome.NOT_MODIFIED : Outcome.PROCEED;
    }

    /**
     * Whether a {@code Range} may be looked at: {@code If-Range}, section 13.1.5. A date has to be the very one, and
     * counts only where the file cannot have been changed twice in that second.
     */
    static boolean rangeApplies(HttpHeaders request, String etag, Instant modified, Instant now) {
        String ifRange = request.get(HttpHeaderNames.IF_RANGE);
        if (ifRange == null) {
            return true;
        }
        if (ifRange.startsWith("\"") || ifRange.startsWith("W/")) {
            return ifRange.equals(etag);
        }
        Date date = DateFormatter.parseHttpDate(ifRange);
        return date != null
                && date.toInstant().getEpochSecond() == seconds(modified)
                && now.getEpochSecond() > seconds(modified);
    }

    /** Several header fields of one name are one list: RFC 9110, section 5.3. */
    private static @Nullable String joined(HttpHeaders request, CharSequence name) {
        String only = request.get(name);
        return only == null ? null : String.join(",", request.getAll(name));
    }

    /** {@code null} where there is none, several, or it is malformed: to be ignored then. */
    private static @Nullable Instant date(HttpHeaders request, CharSequence name) {
        String value = request.get(name);
        if (value == null || request.getAll(name).size() > 1) {
            return null;
        }
        Date date = DateFormatter.parseHttpDate(value);
        return date == null ? null : date.toInstant();
    }

    /** In the resolution of the dates of HTTP. */
    private static long seconds(Instant modified) {
        return modified.getEpochSecond();
    }

    /**
     * Whether a list of entity tags has this one. Tags may hold commas, so it is read from quote to quote.
     *
     * @param weakly whether a weak tag counts: section 8.8.3.2
     */
    private static boolean matches(String list, String etag, boolean weakly) {
        int at = 0;
        while (at < list.length()) {
            char c = list.charAt(at);
            if (c == ' ' || c == '\t' || c == ',') {
                at++;
                continue;
            }
            if (c == '*') {
                return list.strip().equals("*");
            }
            boolean weak = list.startsWith("W/", at);
            int open = weak ? at + 2 : at;
            int close = open < list.length() && list.charAt(open) == '"' ? list.indexOf('"', open + 1) : -1;
            if (close < 0) {
                return false; // malformed from here on
            }
            int length = close + 1 - open;
            if ((weakly || !weak) && length == etag.length() && list.startsWith(etag, open)) {
                return true;
            }
            at = close + 1;
        }
        return false;
    }
}
