package io.nettyaio.examples.cp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class PermitsTest {

    private final Permits permits = new Permits(10);
    private final List<String> granted = new ArrayList<>();

    private void acquire(int count, String name) {
        permits.acquire(count, () -> granted.add(name));
    }

    @Test
    void shouldGrantInOrderWhenThereAreNotEnough() {
        acquire(6, "first");
        acquire(6, "second");
        acquire(1, "third, which would fit but has to wait its turn");
        assertThat(granted).containsExactly("first");
        permits.release(6);
        assertThat(granted).hasSize(3);
        permits.release(6);
        assertThat(permits.isIdle()).isFalse();
        permits.release(1);
        assertThat(permits.isIdle()).isTrue();
    }

    @Test
    void shouldNotRecurseWhenWhatIsGrantedAsksAgain() {
        int[] rounds = {0};
        permits.acquire(10, new Runnable() {
            @Override
            public void run() {
                if (++rounds[0] < 1_000_000) {
                    permits.release(10);
                    permits.acquire(10, this);
                }
            }
        });
        assertThat(rounds[0]).isEqualTo(1_000_000);
    }

    @Test
    void shouldRefuseWhenMoreIsAskedForThanThereWillEverBe() {
        assertThatIllegalArgumentException().isThrownBy(() -> acquire(11, "never"));
        assertThat(permits.isIdle()).isTrue();
    }
}
