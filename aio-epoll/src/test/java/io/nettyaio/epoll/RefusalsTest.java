package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class RefusalsTest {

    private final Refusals refusals = new Refusals();

    private void refuse(int times) {
        for (int i = 0; i < times; i++) {
            assertThat(refusals.persist()).as("before refusal %d", i).isFalse();
            refusals.refused();
        }
    }

    @Test
    void shouldPersistWhenRefusedInARow() {
        refuse(Refusals.IN_A_ROW);

        assertThat(refusals.persist()).isTrue();
    }

    @Test
    void shouldNotPersistWhenOneIsAcceptedInBetween() {
        for (int round = 0; round < 5; round++) {
            refuse(Refusals.IN_A_ROW - 1);
            refusals.accepted();
        }

        assertThat(refusals.persist()).isFalse();
    }

    @Test
    void shouldLetOneTryWhenEnoughWereTurnedAway() {
        refuse(Refusals.IN_A_ROW);
        for (int i = 0; i < Refusals.TRY_AGAIN_AFTER; i++) {
            assertThat(refusals.persist()).as("operation %d", i).isTrue();
        }

        assertThat(refusals.persist()).isFalse();

        // Refused once more: the rest goes to the helper again, without a row of tries.
        refusals.refused();
        for (int i = 0; i < Refusals.TRY_AGAIN_AFTER; i++) {
            assertThat(refusals.persist())
                    .as("operation %d after the second time", i)
                    .isTrue();
        }
        assertThat(refusals.persist()).isFalse();
    }

    @Test
    void shouldStartFromNothingWhenTheTryIsAccepted() {
        refuse(Refusals.IN_A_ROW);
        for (int i = 0; i < Refusals.TRY_AGAIN_AFTER; i++) {
            assertThat(refusals.persist()).isTrue();
        }
        assertThat(refusals.persist()).isFalse();

        refusals.accepted();

        refuse(Refusals.IN_A_ROW);
        assertThat(refusals.persist()).isTrue();
    }

    @Test
    void shouldKeepTurningAwayWhenOneThatWasUnderWayIsAcceptedLate() {
        refuse(Refusals.IN_A_ROW);

        refusals.accepted();
        refusals.refused();

        for (int i = 0; i < Refusals.TRY_AGAIN_AFTER; i++) {
            assertThat(refusals.persist()).as("operation %d", i).isTrue();
        }
        assertThat(refusals.persist()).isFalse();
    }
}
