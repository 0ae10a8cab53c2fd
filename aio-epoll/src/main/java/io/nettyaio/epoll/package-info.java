/** The Linux engine: kernel AIO, helper threads and Netty's epoll loop. {@link io.nettyaio.epoll.EpollAio} is the entry. */
@NullMarked
package io.nettyaio.epoll;

import org.jspecify.annotations.NullMarked;
