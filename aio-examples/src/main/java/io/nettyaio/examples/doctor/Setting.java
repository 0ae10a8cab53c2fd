package io.nettyaio.examples.doctor;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * A recommendation.
 *
 * @param name   of the setting, as the system property {@code io.nettyaio.<name>} has it
 * @param value  recommended
 * @param now    in force for the doctor itself
 * @param reason in a line
 */
public record Setting(String name, long value, long now, String reason) {

    /** As the JVM takes it. */
    @JsonProperty
    public String option() {
        return "-Dio.nettyaio." + name + '=' + value;
    }
}
