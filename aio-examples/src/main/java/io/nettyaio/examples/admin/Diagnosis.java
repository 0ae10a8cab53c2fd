package io.nettyaio.examples.admin;

import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong. Confined to one examination. */
public final class Diagnosis {

    private final List<String> down = new ArrayList<>();
    private final List<String> degraded = new ArrayList<>();

    Diagnosis() {}

    /**
     * It serves, though not as it could.
     *
     * @param reason a sentence, without a full stop
     */
    public void degraded(String reason) {
        degraded.add(reason);
    }

    /**
     * It does not serve as it should, and will not by itself.
     *
     * @param reason a sentence, without a full stop
     */
    public void down(String reason) {
        down.add(reason);
    }

    Health health() {
        Health.Status status =
                !down.isEmpty() ? Health.Status.DOWN : degraded.isEmpty() ? Health.Status.UP : Health.Status.DEGRADED;
        List<String> reasons = new ArrayList<>(down);
        reasons.addAll(degraded);
        return new Health(status, reasons);
    }
}
