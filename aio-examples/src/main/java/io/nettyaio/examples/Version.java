package io.nettyaio.examples;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says, of every command. */
public final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        // From the jar's manifest; there is none where the classes are run from a directory.
        String version = Version.class.getPackage().getImplementationVersion();
        return new String[] {"netty-aio " + (version == null ? "(built from source)" : version)};
    }
}
