/** Copies as their users see them: real files on real file systems, real processes, and what is left behind. */
@NullMarked
package io.nettyaio.examples.cp;

import org.jspecify.annotations.NullMarked;
