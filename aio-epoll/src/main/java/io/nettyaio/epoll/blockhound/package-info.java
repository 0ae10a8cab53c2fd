/** For who runs tests under BlockHound: what may and what may not be called on the loops that netty-aio works on. */
@NullMarked
package io.nettyaio.epoll.blockhound;

import org.jspecify.annotations.NullMarked;
