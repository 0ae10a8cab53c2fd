/**
 * The admin port of a server: {@code /metrics} for Prometheus and {@code /health} for whoever watches over it.
 *
 * <p>{@link io.nettyaio.examples.admin.Admin} has a small event loop of its own, so that it answers also when the server's
 * loops do not, and says so. What takes time (a scrape goes through hundreds of meters, an examination waits for the loops)
 * is done by two threads beside it, behind a short queue.
 */
@NullMarked
package io.nettyaio.examples.admin;

import org.jspecify.annotations.NullMarked;
