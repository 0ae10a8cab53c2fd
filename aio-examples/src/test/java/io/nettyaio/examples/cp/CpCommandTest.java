package io.nettyaio.examples.cp;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.examples.cp.CpCommand.Progress;
import org.junit.jupiter.api.Test;

class CpCommandTest {

    @Test
    void shouldDrawBarWhenAskedOrOnATerminal() {
        assertThat(CpCommand.isDrawn(Progress.auto, true)).isTrue();
        assertThat(CpCommand.isDrawn(Progress.auto, false)).isFalse();
        assertThat(CpCommand.isDrawn(Progress.always, false)).isTrue();
        assertThat(CpCommand.isDrawn(Progress.never, true)).isFalse();
    }
}
