/**
 * Asynchronous file I/O for Netty event loops: the public API, the same on any engine.
 *
 * <p><b>Threading.</b> Every method may be called from any thread unless its documentation says otherwise. Every
 * completion (future listener or callback) runs on the event loop of the {@link io.nettyaio.AioContext} the operation
 * was started on, exactly once, and never inside the call that started it.
 *
 * <p><b>Ownership of buffers.</b> A read <em>borrows</em> its destination: the library retains it until the kernel is
 * done with the memory and releases only what it retained. A write <em>takes over</em> its source, as
 * {@code Channel.write} does: the library releases it once, whatever the outcome, failure at the start included.
 */
@NullMarked
package io.nettyaio;

import org.jspecify.annotations.NullMarked;
