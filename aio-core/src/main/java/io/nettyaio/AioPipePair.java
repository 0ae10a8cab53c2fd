package io.nettyaio;

/**
 * The two ends of a pipe.
 *
 * @param readEnd  what comes out
 * @param writeEnd what goes in
 */
public record AioPipePair(AioPipe readEnd, AioPipe writeEnd) {}
