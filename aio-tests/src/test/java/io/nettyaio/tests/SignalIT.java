package io.nettyaio.tests;

import static io.nettyaio.AioOpenOption.CREATE;
import static io.nettyaio.AioOpenOption.WRITE;
import static io.nettyaio.tests.AioTestLoops.failure;
import static io.nettyaio.tests.AioTestLoops.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.nettyaio.AioException;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import io.nettyaio.AioSignal;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Completion by signal: a real receiver in another process reads them from its signalfd. */
@Timeout(60)
@SuppressWarnings("FutureReturnValueIgnored")
class SignalIT {

    private static final int SI_QUEUE = -1;

    @RegisterExtension
    static final AioTestLoops aio = AioTestLoops.of(1);

    private static String heard(int number, long value) {
        return "signal " + number + " int " + (int) value + " ptr " + Long.toUnsignedString(value) + " pid "
                + ProcessHandle.current().pid() + " code " + SI_QUEUE;
    }

    @Test
    void shouldBeHeardWithItsValueWhenAnOperationCompletes() throws Exception {
        AioFile file = aio.open(TestFileSystem.DISK.newDirectory().resolve("file"), CREATE, WRITE);
        try (Receiver receiver = Receiver.start("signals", "4")) {
            long id = 0x1234_5678_9abc_def0L;
            AioFuture<Integer> write = file.write(aio.buffers().directBuffer().writeZero(100), 0);
            get(aio.context().signal(write, AioSignal.toProcess(receiver.pid(), AioSignal.REAL_TIME_MIN + 3, id)));
            assertThat(receiver.line()).isEqualTo(heard(AioSignal.REAL_TIME_MIN + 3, id));

            // Done already.
            get(aio.context().signal(write, AioSignal.toProcess(receiver.pid(), AioSignal.REAL_TIME_MAX, 7)));
            assertThat(receiver.line()).isEqualTo(heard(AioSignal.REAL_TIME_MAX, 7));

            // Failed, and cancelled.
            get(aio.context().signal(file.truncate(-1), AioSignal.toProcess(receiver.pid(), 40, -2)));
            assertThat(receiver.line()).isEqualTo(heard(40, -2));
            AioFuture<Void> sync = file.fsync();
            AioFuture<Void> signal =
                    aio.context().signal(sync, AioSignal.toThread(receiver.pid(), receiver.pid(), 41, 0));
            sync.cancel(false);
            get(signal);
            assertThat(receiver.line()).isEqualTo(heard(41, 0));
        }
    }

    @Test
    void shouldTellWhyAndLeaveTheOperationAloneWhenTheSignalIsRefused() throws Exception {
        AioFile file = aio.open(TestFileSystem.DISK.newDirectory().resolve("file"), CREATE, WRITE);
        int gone;
        try (Receiver receiver = Receiver.start("signals", "1")) {
            gone = receiver.pid();
        }
        AioFuture<Long> size = file.size();
        AioException failure = failure(aio.context().signal(size, AioSignal.toProcess(gone, 34, 1)));
        assertThat(failure.errnoName()).isEqualTo("ESRCH");
        assertThat(failure).hasMessageContaining("no such process").hasMessageContaining("processId=" + gone);
        assertThat(get(size)).isZero();
    }

    /** The receiver does not take them: the queue is bounded, and nobody waits for room. */
    @Test
    void shouldFailWithEagainWhenTheReceiversQueueIsFull() throws Exception {
        AioFile file = aio.open(TestFileSystem.DISK.newDirectory().resolve("file"), CREATE, WRITE);
        AioFuture<Long> size = file.size();
        get(size);
        try (Receiver receiver = Receiver.start("signals", "1000000")) {
            Shell.run("kill", "-STOP", String.valueOf(receiver.pid()));
            Shell.run("prlimit", "--pid", String.valueOf(receiver.pid()), "--sigpending=50:50");
            AioException failure = null;
            for (int i = 0; i < 100 && failure == null; i++) {
                AioFuture<Void> signal = aio.context().signal(size, AioSignal.toProcess(receiver.pid(), 34, i));
                AioTestLoops.settle(signal);
                failure = signal.isSuccess() ? null : failure(signal);
            }
            Shell.run("kill", "-CONT", String.valueOf(receiver.pid()));
            assertThat(failure).isNotNull();
            assertThat(failure.errnoName()).isEqualTo("EAGAIN");
            assertThat(failure).hasMessageContaining("RLIMIT_SIGPENDING");
        }
    }

    @Test
    void shouldNotBeQueuedWhenItIsCalledOff() throws Exception {
        AioFile file = aio.open(TestFileSystem.DISK.newDirectory().resolve("file"), CREATE, WRITE);
        try (Receiver receiver = Receiver.start("signals", "1")) {
            AioFuture<Long> size = file.size();
            AioFuture<Void> calledOff = aio.context().signal(size, AioSignal.toProcess(receiver.pid(), 34, 1));
            boolean inTime = calledOff.cancel(false);
            get(size);
            get(aio.context().signal(size, AioSignal.toProcess(receiver.pid(), 34, 2)));
            assertThat(receiver.line()).isEqualTo(heard(34, inTime ? 2 : 1));
            assertThat(!inTime || calledOff.cause() instanceof CancellationException)
                    .isTrue();
        }
    }

    @Test
    void shouldThrowWhenItIsNoRealTimeSignalOrNoReceiver() {
        for (int number : new int[] {0, 9, 33, 65}) {
            assertThatIllegalArgumentException().isThrownBy(() -> AioSignal.toProcess(1, number, 0));
        }
        for (int id : new int[] {0, -1}) {
            assertThatIllegalArgumentException().isThrownBy(() -> AioSignal.toProcess(id, 34, 0));
            assertThatIllegalArgumentException().isThrownBy(() -> AioSignal.toThread(1, id, 34, 0));
        }
    }
}
