package io.nettyaio.handler;

import org.jspecify.annotations.Nullable;

/**
 * How {@link AioFileTransfer} sends a file.
 *
 * @param readAhead       how far chunks are read ahead
 * @param regionReadAhead how far regions are made resident ahead
 * @param method          chunks or regions; {@code null} to have it chosen for the pipeline
 * @param closeFile       whether to close the file when the transfer has ended, whatever the outcome
 */
public record AioTransferOptions(
        AioReadAhead readAhead,
        AioReadAhead regionReadAhead,
        @Nullable AioTransferMethod method,
        boolean closeFile) {

    /** {@link AioReadAhead#DEFAULT}, {@link AioFileRegion#READ_AHEAD}, the method chosen, the file left open. */
    public static final AioTransferOptions DEFAULT =
            new AioTransferOptions(AioReadAhead.DEFAULT, AioFileRegion.READ_AHEAD, null, false);

    /** The same with another read-ahead of chunks. */
    public AioTransferOptions withReadAhead(AioReadAhead other) {
        return new AioTransferOptions(other, regionReadAhead, method, closeFile);
    }

    /** The same with another read-ahead of regions. */
    public AioTransferOptions withRegionReadAhead(AioReadAhead other) {
        return new AioTransferOptions(readAhead, other, method, closeFile);
    }

    /** The same with a method that is not to be chosen. */
    public AioTransferOptions withMethod(AioTransferMethod other) {
        return new AioTransferOptions(readAhead, regionReadAhead, other, closeFile);
    }

    /** The same, the file being closed at the end. */
    public AioTransferOptions closingFile() {
        return new AioTransferOptions(readAhead, regionReadAhead, method, true);
    }
}
