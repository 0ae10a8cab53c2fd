/**
 * {@code aio serve DIR}: an HTTP server whose files and sockets share their event loops.
 *
 * <p>{@link io.nettyaio.examples.serve.FileServer} listens and ends. {@code Pipelines} sets connections up: HTTP/1.1 or
 * HTTP/2, in plain text or by TLS. What answers is the library's {@link io.nettyaio.handler.HttpFileHandler}, for
 * connections of HTTP/1.1 behind {@link io.nettyaio.handler.HttpConnectionHandler}; here are the page of a directory
 * ({@code DirectoryPage}), the access log and the limits. Everything belongs to its connection's event loop, and nothing
 * blocks it.
 */
@NullMarked
package io.nettyaio.examples.serve;

import org.jspecify.annotations.NullMarked;
