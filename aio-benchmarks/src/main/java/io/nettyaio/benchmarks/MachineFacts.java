package io.nettyaio.benchmarks;

import io.netty.util.Version;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/** What one has to know about a machine to make something of its figures. */
final class MachineFacts {

    private MachineFacts() {}

    static Map<String, Object> collect(Path place) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("time", Instant.now().toString());
        facts.put("kernel", System.getProperty("os.name") + ' ' + System.getProperty("os.version"));
        facts.put("architecture", System.getProperty("os.arch"));
        facts.put("cpu", cpuModel());
        facts.put("processors", Runtime.getRuntime().availableProcessors());
        facts.put("jdk", System.getProperty("java.vm.name") + ' ' + System.getProperty("java.runtime.version"));
        facts.put("netty", nettyVersion());
        facts.put("fileSystem", fileSystem(place));
        return facts;
    }

    private static String nettyVersion() {
        Version version = Version.identify().get("netty-common");
        return version == null ? "unknown" : version.artifactVersion();
    }

    private static String cpuModel() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String fileSystem(Path place) {
        try {
            FileStore store = Files.getFileStore(place);
            return store.type() + " on " + store.name();
        } catch (IOException e) {
            return "unknown";
        }
    }
}
