package io.nettyaio.examples.doctor;

import java.util.Locale;

/**
 * Something that is not as it could be.
 *
 * @param level   whether something has to be done about it
 * @param subject the directory it is about, or {@code "machine"}
 * @param message what is so, in a line
 * @param remedy  what to do about it, in a line
 */
public record Finding(Level level, String subject, String message, String remedy) {

    static final String MACHINE = "machine";

    /** How bad it is. */
    public enum Level {
        /** Something is refused or broken; the doctor exits with 1. */
        PROBLEM,
        /** It works, and could work better. */
        ADVICE
    }

    static Finding problem(String subject, String message, String remedy) {
        return new Finding(Level.PROBLEM, subject, message, remedy);
    }

    static Finding advice(String subject, String message, String remedy) {
        return new Finding(Level.ADVICE, subject, message, remedy);
    }

    /** As one line. */
    @Override
    public String toString() {
        return level.name().toLowerCase(Locale.ROOT) + ": " + subject + ": " + message + " => " + remedy;
    }
}
