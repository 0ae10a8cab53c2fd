package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.nettyaio.epoll.Slot.State;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class SlotTest {

    private final Engine engine = new Engine(new ScriptedSyscalls());
    private final int eventFd = Native.eventFd();
    private final Slot slot = new Slot(engine.context, 7, eventFd);
    private final TestOperation operation = new TestOperation(engine.context);

    @AfterEach
    void close() {
        Native.close(eventFd);
        engine.close();
    }

    private void put(State state) {
        reach(slot, state);
    }

    @Test
    void shouldCarryTheIndexInItsDataWhenAsked() {
        assertThat(Slot.indexOf(slot.data())).isEqualTo(7);
        put(State.COMPLETED);
        slot.release();
        assertThat(Slot.indexOf(slot.data())).isEqualTo(7);
    }

    @Test
    void shouldHaveAnotherDataWhenUsedAnewOrOnceMore() {
        long first = slot.data();
        put(State.COMPLETED);
        assertThat(slot.data()).as("from start to completion").isEqualTo(first);

        slot.again();
        long second = slot.data();
        assertThat(second).isNotEqualTo(first);
        assertThat(slot.state()).isEqualTo(State.PREPARED);
        assertThat(slot.operation()).isSameAs(operation);

        slot.release();
        assertThat(slot.data()).isNotIn(first, second);
        assertThat(slot.state()).isEqualTo(State.FREE);
        assertThat(slot.operation()).isNull();
    }

    @Test
    void shouldRefuseWhenItIsInAnotherState() {
        // What may be done in each state.
        Map<State, Set<String>> allowed = new EnumMap<>(State.class);
        allowed.put(State.FREE, Set.of("acquire"));
        allowed.put(State.PREPARED, Set.of("release", "submit"));
        allowed.put(State.IN_FLIGHT, Set.of("complete"));
        allowed.put(State.COMPLETED, Set.of("release", "again"));
        Map<String, Consumer<Slot>> deeds = Map.of(
                "acquire", of -> of.acquire(operation),
                "submit", of -> of.transition(State.PREPARED, State.IN_FLIGHT),
                "complete", of -> of.transition(State.IN_FLIGHT, State.COMPLETED),
                "again", Slot::again,
                "release", Slot::release);
        for (State state : State.values()) {
            deeds.forEach((name, deed) -> {
                Slot fresh = new Slot(engine.context, 3, eventFd);
                reach(fresh, state);
                long data = fresh.data();
                if (allowed.get(state).contains(name)) {
                    deed.accept(fresh);
                    assertThat(fresh.state()).as("%s in %s", name, state).isNotEqualTo(state);
                } else {
                    assertThatIllegalStateException()
                            .as("%s in %s", name, state)
                            .isThrownBy(() -> deed.accept(fresh))
                            .withMessageContaining("slot=3")
                            .withMessageContaining("state=" + state);
                    assertThat(fresh.state()).isEqualTo(state);
                    assertThat(fresh.data()).isEqualTo(data);
                }
            });
        }
    }

    private void reach(Slot of, State state) {
        if (state == State.FREE) {
            return;
        }
        of.acquire(operation);
        if (state != State.PREPARED) {
            of.transition(State.PREPARED, State.IN_FLIGHT);
        }
        if (state == State.COMPLETED) {
            of.transition(State.IN_FLIGHT, State.COMPLETED);
        }
    }
}
