package io.nettyaio.examples.cat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.concurrent.Promise;
import io.nettyaio.AioPipe;
import org.jspecify.annotations.Nullable;

/**
 * Copies by reading and writing: the next part is read while those before it are being written, a bounded number of them.
 * On the event loop.
 */
final class Pump {

    private static final int PART_BYTES = 256 * 1024;
    private static final int MOST_PARTS = 4;

    private final ByteBufAllocator allocator;
    private final Input input;
    private final AioPipe output;
    private final Promise<Void> copied;
    private long offsetBytes;
    private int parts;
    private boolean reading;
    private boolean ended;
    private @Nullable Throwable failure;

    Pump(ByteBufAllocator allocator, Input input, AioPipe output, Promise<Void> copied) {
        this.allocator = allocator;
        this.input = input;
        this.output = output;
        this.copied = copied;
    }

    void start() {
        goOn();
    }

    private void goOn() {
        if (!ended && !reading && parts < MOST_PARTS) {
            reading = true;
            parts++;
            ByteBuf part = allocator.directBuffer(PART_BYTES, PART_BYTES);
            input.read(part, offsetBytes).addListener(read -> {
                reading = false;
                if (read.isSuccess() && part.isReadable() && failure == null) {
                    offsetBytes += part.readableBytes();
                    write(part);
                } else {
                    part.release();
                    partDone(read.cause());
                    end();
                }
            });
        }
    }

    /** The output keeps the order; it releases the part. */
    private void write(ByteBuf part) {
        output.write(part).addListener(written -> {
            partDone(written.cause());
            if (failure == null) {
                goOn();
            } else {
                end();
            }
        });
        goOn();
    }

    private void partDone(@Nullable Throwable cause) {
        parts--;
        if (failure == null && cause != null) {
            failure = cause;
        }
        if (ended) {
            end();
        }
    }

    private void end() {
        ended = true;
        if (failure != null) {
            // At once: a read that still waits may wait for ever, and ends when its input is closed.
            copied.tryFailure(failure);
        } else if (parts == 0) {
            copied.trySuccess(null);
        }
    }
}
