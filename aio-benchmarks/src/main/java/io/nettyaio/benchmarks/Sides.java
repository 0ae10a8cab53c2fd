package io.nettyaio.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** The sides of a case, closed together, the last one first. */
final class Sides implements AutoCloseable {

    private final List<Side> sides = new ArrayList<>();

    <S extends Side> S add(S side) {
        sides.add(side);
        return side;
    }

    List<Side> all() {
        return sides;
    }

    @Override
    public void close() {
        for (int i = sides.size() - 1; i >= 0; i--) {
            sides.get(i).close();
        }
    }
}
