package io.nettyaio.examples.log;

import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.Future;
import io.nettyaio.tests.AioTestLoops;
import io.nettyaio.tests.TestFileSystem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The log on a real disk: appends, group commit, segments, recovery. */
@Timeout(60)
class WriteAheadLogIT {

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private static LogConfig.Builder small(Path directory) {
        return LogConfig.builder(directory.resolve("log")).segmentBytes(64 * 1024);
    }

    private static WriteAheadLog open(LogConfig config, LogReplay replay) throws Exception {
        return get(WriteAheadLog.open(aio.context(), config, replay));
    }

    @ParameterizedTest
    @ValueSource(strings = {"buffered", "direct", "padded", "direct padded"})
    void shouldReplayEverythingWhenOpenedAgain(String mode) throws Exception {
        LogConfig config = small(TestFileSystem.DISK.newDirectory())
                .direct(mode.contains("direct"))
                .padded(mode.contains("padded"))
                .build();
        List<String> expected = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            Records replayed = new Records();
            WriteAheadLog log = open(config, replayed);
            assertThat(replayed.records).isEqualTo(expected);
            List<Future<Long>> appended = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                String text = Records.contents(1, expected.size() + 1, 1000);
                expected.add(text);
                appended.add(log.append(7, Records.payload(text)));
                if (i % 50 == 0) {
                    get(appended.get(i));
                }
            }
            for (int i = 0; i < appended.size(); i++) {
                assertThat(get(appended.get(i))).isEqualTo(expected.size() - 500 + i + 1);
            }
            get(log.close());
        }
        Records replayed = new Records();
        get(open(config, replayed).close());
        assertThat(replayed.records).isEqualTo(expected);
    }
}
