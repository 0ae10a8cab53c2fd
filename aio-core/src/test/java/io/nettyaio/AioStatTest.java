package io.nettyaio;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class AioStatTest {

    private static AioStat withMode(int mode) {
        return new AioStat(mode, 1, 2, 3, 4, 5, 6, 7, 8, Instant.EPOCH, Instant.EPOCH, Instant.EPOCH);
    }

    @Test
    void shouldTellTheTypeWhenTheModeHasPermissionBits() {
        AioStat file = withMode(0100644);
        AioStat directory = withMode(0040755);
        AioStat socket = withMode(0140777);
        AioStat blockDevice = withMode(0060660);

        assertThat(file.isRegularFile()).isTrue();
        assertThat(file.isDirectory()).isFalse();
        assertThat(directory.isRegularFile()).isFalse();
        assertThat(directory.isDirectory()).isTrue();
        // Their type bits hold those of a regular file or a directory.
        assertThat(socket.isRegularFile()).isFalse();
        assertThat(socket.isDirectory()).isFalse();
        assertThat(blockDevice.isDirectory()).isFalse();
    }

    @Test
    void shouldGiveSetuidAndStickyBitsWhenAskedForPermissions() {
        assertThat(withMode(0104755).permissions()).isEqualTo(04755);
        assertThat(withMode(0041777).permissions()).isEqualTo(01777);
    }
}
