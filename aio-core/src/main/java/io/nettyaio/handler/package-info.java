/**
 * Files in a Netty pipeline: sent, received and streamed without the loop ever waiting for the disk.
 *
 * <p><b>Threading.</b> What belongs to a channel is confined to its event loop, unless its documentation says otherwise; a
 * file's view that belongs to another loop is exchanged for one of the channel's.
 *
 * <p><b>Errors.</b> Where the disk or the file is at fault, the cause is an {@link io.nettyaio.AioException}; where the
 * peer is, it is the channel's own exception.
 */
@NullMarked
package io.nettyaio.handler;

import org.jspecify.annotations.NullMarked;
