package io.nettyaio.examples.cp;

/** Hears how a {@link CopyJob} gets on. Called on its event loop, and so must not block. */
public interface CopyListener {

    /**
     * More is to be copied than was known.
     *
     * @param bytes how much more
     */
    void found(long bytes);

    /**
     * That much of what was found is done, holes included.
     *
     * @param bytes how much
     */
    void copied(long bytes);

    /**
     * Something could not be copied; the job goes on with the rest.
     *
     * @param message one sentence, without a full stop
     */
    void failed(String message);
}
