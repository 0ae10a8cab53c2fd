/** The key-value server as its clients see it: real clients, real processes, and what a crash leaves. */
@NullMarked
package io.nettyaio.examples.kv;

import org.jspecify.annotations.NullMarked;
