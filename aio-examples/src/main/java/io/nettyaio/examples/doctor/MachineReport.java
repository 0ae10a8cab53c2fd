package io.nettyaio.examples.doctor;

import org.jspecify.annotations.Nullable;

/**
 * What the machine gives. A number of -1 could not be found out.
 *
 * @param kernel             name and release
 * @param architecture       of the processor, as Java names it
 * @param cpu                the processor's model
 * @param processors         that the JVM may use, after a container's limit
 * @param jdk                the JVM and its version
 * @param netty              the version
 * @param user               who runs this
 * @param container          which kind of container this is in, and by what that is known; {@code null} for none
 * @param seccompMode        of this process: {@code "off"}, {@code "strict"}, {@code "filter"} or {@code "unknown"}
 * @param engine             why the library cannot run here; {@code null} where it can
 * @param kernelAio          why kernel AIO is refused; {@code null} where it is not. Found out by asking for it
 * @param aioNr              {@code fs.aio-nr}, in use on this machine before the doctor came
 * @param aioMaxNr           {@code fs.aio-max-nr}
 * @param openFiles          how many descriptors this process may have
 * @param queueDepth         what each event loop asks for of the three limits above, {@code io.nettyaio.queueDepth}
 */
public record MachineReport(
        String kernel,
        String architecture,
        String cpu,
        int processors,
        String jdk,
        String netty,
        String user,
        @Nullable String container,
        String seccompMode,
        @Nullable String engine,
        @Nullable String kernelAio,
        long aioNr,
        long aioMaxNr,
        long openFiles,
        int queueDepth) {}
