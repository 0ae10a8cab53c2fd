package io.nettyaio.handler;

import io.nettyaio.AioContext;
import io.nettyaio.AioSubmittableListener;
import java.util.ArrayList;
import java.util.List;

/** The water marks of a scripted context: passed when the test says so. */
final class ScriptedMarks {

    final List<AioSubmittableListener> listeners = new ArrayList<>();
    private boolean submittable = true;

    /** Answers for a context, which {@code self} is, or {@code null} where the method is none of these. */
    Object call(AioContext self, String method, Object[] arguments) {
        return switch (method) {
            case "isSubmittable" -> submittable;
            case "addSubmittableListener" -> {
                listeners.add((AioSubmittableListener) arguments[0]);
                yield self;
            }
            case "removeSubmittableListener" -> {
                listeners.remove((AioSubmittableListener) arguments[0]);
                yield self;
            }
            default -> null;
        };
    }

    /** Passes a mark, and tells of it. */
    void submittable(boolean now) {
        submittable = now;
        for (AioSubmittableListener each : List.copyOf(listeners)) {
            each.submittabilityChanged(null);
        }
    }

    /** Passes a mark; nobody has been told yet. */
    void quietly(boolean now) {
        submittable = now;
    }
}
