package io.nettyaio.examples.cp;

import java.io.IOException;

/** The job was stopped, which ends every copy that is not complete. Not reported. */
final class CopyStopped extends IOException {

    private static final long serialVersionUID = 1L;

    CopyStopped() {
        super("stopped");
    }
}
