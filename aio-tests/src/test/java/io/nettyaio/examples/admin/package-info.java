/** The admin port of real servers. */
@NullMarked
package io.nettyaio.examples.admin;

import org.jspecify.annotations.NullMarked;
