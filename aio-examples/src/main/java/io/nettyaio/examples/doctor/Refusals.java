package io.nettyaio.examples.doctor;

import io.nettyaio.AioException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Says in a line why a directory does not let itself be examined, and what to do about it. */
final class Refusals {

    private static final int EPERM = 1;
    private static final int ENOENT = 2;
    private static final int EIO = 5;
    private static final int EACCES = 13;
    private static final int ENOTDIR = 20;
    private static final int ENFILE = 23;
    private static final int EMFILE = 24;
    private static final int ENOSPC = 28;
    private static final int EROFS = 30;
    private static final int ELOOP = 40;
    private static final int EDQUOT = 122;

    private Refusals() {}

    /** The library's. */
    static Finding of(String path, AioException failure) {
        return switch (failure.errno()) {
            case ENOENT -> missing(path);
            case ENOTDIR -> file(path);
            case EACCES, EPERM -> forbidden(path);
            case ELOOP -> loop(path);
            case EROFS ->
                Finding.problem(
                        path,
                        "is mounted read-only, and to examine it a file has to be written",
                        "mount -o remount,rw, or name a directory that can be written");
            case ENOSPC ->
                Finding.problem(
                        path, "there is no room left on the disk (ENOSPC)", "free some space; see df -h and df -i");
            case EDQUOT ->
                Finding.problem(
                        path,
                        "this user's quota is used up (EDQUOT)",
                        "delete something, or have the quota raised; see quota(1)");
            case EMFILE, ENFILE ->
                Finding.problem(path, "no more files can be opened (" + failure.errnoName() + ")", "ulimit -n 65536");
            case EIO ->
                Finding.problem(
                        path,
                        "the disk reports an error (EIO)",
                        "look into the kernel's log (dmesg), replace the disk");
            default -> Finding.problem(path, String.valueOf(failure.getMessage()), "name another directory");
        };
    }

    /** The JDK's. */
    static Finding of(String path, FileSystemException failure) {
        if (failure instanceof NoSuchFileException) {
            return missing(path);
        }
        if (failure instanceof NotDirectoryException) {
            return file(path);
        }
        if (failure instanceof AccessDeniedException) {
            return forbidden(path);
        }
        if (failure instanceof FileSystemLoopException
                || String.valueOf(failure.getReason()).contains("symbolic")) {
            return loop(path);
        }
        if (String.valueOf(failure.getReason()).contains("Not a directory")) {
            return file(path);
        }
        return Finding.problem(path, String.valueOf(failure.getReason()), "name another directory");
    }

    static Finding missing(String path) {
        return Finding.problem(path, "there is no such directory", "create it (mkdir -p), or name another one");
    }

    static Finding file(String path) {
        return Finding.problem(path, "is not a directory", "name the directory that it lies in");
    }

    static Finding forbidden(String path) {
        return Finding.problem(
                path,
                "user " + System.getProperty("user.name") + " may not make a file there",
                "run as a user who may (ls -ld tells), or change its owner or mode");
    }

    private static Finding loop(String path) {
        return Finding.problem(path, "its symbolic links go round in a circle", "mend the links");
    }
}
