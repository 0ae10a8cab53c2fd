package io.nettyaio;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Names and bounds of the events. */
class AioPollEventsTest {

    @Test
    void shouldNameEachWhenPrinted() {
        assertThat(AioPollEvents.toString(AioPollEvents.IN | AioPollEvents.HUP)).isEqualTo("IN|HUP");
        assertThat(AioPollEvents.toString(
                        AioPollEvents.PRI | AioPollEvents.OUT | AioPollEvents.ERR | AioPollEvents.RDHUP))
                .isEqualTo("PRI|OUT|ERR|RDHUP");
        assertThat(AioPollEvents.toString(0)).isEqualTo("0x0");
        assertThat(AioPollEvents.toString(AioPollEvents.IN | 0x4000)).isEqualTo("IN|0x4000");
    }

    @Test
    void shouldTakeKnownEventsOnlyWhenChecked() {
        assertThat(AioPollEvents.areValid(AioPollEvents.IN | AioPollEvents.OUT)).isTrue();
        assertThat(AioPollEvents.areValid(0)).isFalse();
        assertThat(AioPollEvents.areValid(AioPollEvents.IN | 0x40)).isFalse();
        assertThat(AioPollEvents.areValid(-1)).isFalse();
    }
}
