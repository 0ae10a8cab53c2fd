package io.nettyaio.handler;

import io.netty.channel.ChannelOutboundHandler;

/**
 * Says of a handler that it lets a {@link io.netty.channel.FileRegion} pass as it is, though it overrides {@code write}: a
 * count of bytes, a log. {@link AioFileTransfer#choose} takes {@code sendfile(2)} only through handlers that do not look at
 * writes, that it knows from Netty, or that say this. A handler that changes what is sent must not: the region would pass
 * it unchanged.
 */
public interface AioRegionTransparent extends ChannelOutboundHandler {}
