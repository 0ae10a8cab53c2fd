package io.nettyaio.handler;

import io.netty.handler.codec.DateFormatter;
import java.time.Instant;
import java.util.Date;

/** Dates as HTTP has them: RFC 9110, section 5.6.7. Loop-confined: keeps the text of this second. */
final class HttpDates {

    private long second = Long.MIN_VALUE;
    private String text = "";

    /** A moment, for the {@code Date} header field. */
    String now(Instant now) {
        long epochSecond = now.getEpochSecond();
        if (epochSecond != second) {
            second = epochSecond;
            text = format(now);
        }
        return text;
    }

    static String format(Instant instant) {
        return DateFormatter.format(Date.from(instant));
    }
}
