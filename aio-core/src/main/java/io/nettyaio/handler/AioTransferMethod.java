package io.nettyaio.handler;

/** How a file's bytes get to the socket. */
public enum AioTransferMethod {
    /** {@link AioFileRegion}: {@code sendfile(2)} of ranges that the page cache holds. For plain-text epoll sockets. */
    REGION,
    /** {@link AioChunkedFile}: buffers that are read ahead. For any pipeline. */
    CHUNKS
}
