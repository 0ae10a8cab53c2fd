package io.nettyaio.epoll;

import io.nettyaio.AioClass;
import io.nettyaio.AioConfig;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Consumer;

/** One context's ways to the devices it uses, for each class that it uses them in. Loop-confined. */
final class DeviceLanes {

    private final EpollAioContext context;
    private final AioConfig config;
    private final IdentityHashMap<Device, Stopwatch> stopwatches = new IdentityHashMap<>();
    private final List<DeviceLane> lanes = new ArrayList<>();
    private long demotions;

    DeviceLanes(EpollAioContext context, AioConfig config) {
        this.context = context;
        this.config = config;
    }

    /** A view looks it up once. */
    DeviceLane of(Device device, AioClass ioClass) {
        for (DeviceLane lane : lanes) {
            if (lane.device() == device && lane.lane().queue().ioClass() == ioClass) {
                return lane;
            }
        }
        Stopwatch stopwatch = stopwatches.computeIfAbsent(device, this::firstSeen);
        Lane lane = new Lane(context, device.gate(), ioClass, device.limit(config));
        DeviceLane made = new DeviceLane(context, device, lane, stopwatch);
        lanes.add(made);
        return made;
    }

    private Stopwatch firstSeen(Device device) {
        context.measurements().uses(device.collectors());
        return new Stopwatch(device, context.preemption(), config.loopBudgetNanos(), nanos -> {
            demotions++;
            context.demoted(device, DemotionCounts.Reason.BUDGET, nanos);
        });
    }

    /** Times a device's operations were moved off the loop. */
    long demotions() {
        return demotions;
    }

    void forEach(Consumer<Lane> action) {
        for (DeviceLane lane : lanes) {
            action.accept(lane.lane());
        }
    }

    /** Takes out everything that waits, for a context that closes. */
    void drainWaiting(ArrayDeque<Operation> into) {
        for (DeviceLane lane : lanes) {
            lane.lane().drainParked(into);
            Throttle throttle = lane.throttle();
            if (throttle != null) {
                throttle.drainWaiting(into);
            }
        }
    }
}
