/**
 * {@code aio serve DIR}: an HTTP/1.1 server whose files and sockets share their event loops.
 *
 * <p>{@link io.nettyaio.examples.serve.FileServer} listens and ends. Each connection has a {@code RequestIntake}, which
 * turns what the HTTP codec decodes into whole requests, and a {@code RequestHandler}, which answers them in order, one
 * {@code Exchange} at a time. An exchange finds its file with {@code FileLookup} and sends it with {@code FileStream}.
 * All of them belong to their connection's event loop, and none of them blocks it.
 */
@NullMarked
package io.nettyaio.examples.serve;

import org.jspecify.annotations.NullMarked;
