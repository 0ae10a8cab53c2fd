/**
 * {@code aio doctor [PATH...]}: what this machine and these directories give to asynchronous file I/O, and what to do where
 * it is less than it could be.
 *
 * <p>{@link io.nettyaio.examples.doctor.Doctor} examines the machine ({@code MachineExam}, from the kernel's own files) and
 * then each directory ({@code PlaceExam}): it makes a file there, takes its name away at once so that nothing can be left
 * behind, and carries out each kind of operation for real ({@code RouteExam}), asking each for the route it took. Then it
 * reads at growing depth ({@code DepthMeasurement}) and says what to set ({@code Advisor}). All results are records, which
 * {@code TextReport} lays out for people and Jackson for machines.
 *
 * <p>The command's own thread waits for the operations; two event loops carry them out.
 */
@NullMarked
package io.nettyaio.examples.doctor;

import org.jspecify.annotations.NullMarked;
