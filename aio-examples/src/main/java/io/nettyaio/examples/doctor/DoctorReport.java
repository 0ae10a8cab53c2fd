package io.nettyaio.examples.doctor;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * All that the doctor has to say.
 *
 * @param machine  what the machine gives
 * @param places   what each directory gives, in the order in which they were named
 * @param findings what is not as it could be, problems first
 */
public record DoctorReport(MachineReport machine, List<PlaceReport> places, List<Finding> findings) {

    /** Whether nothing needs a remedy. */
    @JsonProperty
    public boolean healthy() {
        return findings.stream().noneMatch(finding -> finding.level() == Finding.Level.PROBLEM);
    }
}
