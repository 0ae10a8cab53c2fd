/** Suites that need the real kernel. */
@NullMarked
package io.nettyaio.tests;

import org.jspecify.annotations.NullMarked;
