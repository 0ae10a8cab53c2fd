package io.nettyaio.examples.cp;

import java.io.IOException;

/** This program itself refuses to copy something; the message says why, and the remedy. */
final class CopyRefusal extends IOException {

    private static final long serialVersionUID = 1L;

    CopyRefusal(String message) {
        super(message);
    }
}
