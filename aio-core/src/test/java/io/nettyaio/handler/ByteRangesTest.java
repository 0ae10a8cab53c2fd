package io.nettyaio.handler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code Range}, for a file of 10,000 bytes. */
class ByteRangesTest {

    private static final long SIZE = 10_000;

    private static String parsed(String field) {
        List<ByteRanges.Range> ranges = ByteRanges.parse(field, SIZE, 5);
        StringBuilder text = new StringBuilder();
        for (ByteRanges.Range range : ranges) {
            text.append(text.isEmpty() ? "" : " ")
                    .append(range.firstByte())
                    .append('-')
                    .append(range.lastByte());
        }
        return text.toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bytes=0-0 | 0-0",
                "bytes=0-499 | 0-499",
                "bytes=500-999 | 500-999",
                "bytes=-500 | 9500-9999",
                "bytes=9500- | 9500-9999",
                "bytes=-1 | 9999-9999",
                "bytes=-10001 | 0-9999",
                "bytes=9999-99999 | 9999-9999",
                "bytes=0-99999999999999999999999999 | 0-9999",
                "BYTES=1-2 | 1-2",
                "bytes= 1-2 , 5000-5001 | 1-2 5000-5001",
                "bytes=,1-2,, | 1-2",
                "bytes=5000-5001,1-2 | 5000-5001 1-2",
                "bytes=0-0,-1 | 0-0 9999-9999",
                "bytes=0-10,20000- | 0-10",
            })
    void shouldGiveRangesWhenTheyLieWithinTheFile(String field, String ranges) {
        assertThat(parsed(field)).isEqualTo(ranges);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bytes=0-499,400-999 | 0-999",
                "bytes=400-999,0-499 | 0-999",
                "bytes=0-9999,0-9999,0-9999 | 0-9999",
                "bytes=0-9,10-19 | 0-19",
                "bytes=0-9,100-109 | 0-109", // the header of another part would be longer
                "bytes=0-9,500-509,5-505 | 0-509", // the third reaches both
                "bytes=0-9,5000-5009,4-20 | 0-20 5000-5009",
            })
    void shouldMakeOneWhenRangesMeet(String field, String ranges) {
        assertThat(parsed(field)).isEqualTo(ranges);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"bytes=10000-", "bytes=10000-20000", "bytes=-0", "bytes=99999999999999999999-", "bytes=10000-,-0"
            })
    void shouldGiveNoneWhenNothingLiesWithinTheFile(String field) {
        assertThat(ByteRanges.parse(field, SIZE, 5)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "bytes",
                "bytes=",
                "bytes=,",
                "bytes=-",
                "bytes=a-b",
                "bytes=1",
                "bytes=5-4",
                "bytes=--5",
                "bytes=1-2-3",
                "bytes=+1-2",
                "bytes=0x1-2",
                "bytes=1 -2",
                "bytes=1-2;3-4",
                "lines=1-2",
                "bytes =1-2",
                "bytes=1-2,x",
                "bytes=\u0661-\u0662",
                "bytes=0-0,1000-1000,2000-2000,3000-3000,4000-4000,5000-5000",
            })
    void shouldBeIgnoredWhenItIsMalformedOrTooMany(String field) {
        assertThat(ByteRanges.parse(field, SIZE, 5)).isNull();
    }

    @Test
    void shouldGiveNoneWhenTheFileIsEmpty() {
        assertThat(ByteRanges.parse("bytes=0-", 0, 5)).isEmpty();
        assertThat(ByteRanges.parse("bytes=-5", 0, 5)).isEmpty();
    }

    @Test
    void shouldReadAsContentRangeWhenAsked() {
        assertThat(new ByteRanges.Range(5, 9).contentRange(100)).isEqualTo("bytes 5-9/100");
        assertThat(new ByteRanges.Range(5, 9).lengthBytes()).isEqualTo(5);
    }
}
