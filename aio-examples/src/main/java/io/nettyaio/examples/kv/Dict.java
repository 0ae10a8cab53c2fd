package io.nettyaio.examples.kv;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A hash table whose every operation takes a short time, however large it is: it grows and shrinks by moving a bucket or
 * two with each operation, and its bucket arrays come in pieces that are allocated when they are first needed.
 *
 * <p>{@link #scan} walks it with a cursor that stays good while the table changes and moves: what is in the table from
 * the first call to the last is visited at least once, maybe twice. The cursor counts up with its bits reversed, highest
 * first: the bucket {@code i} of a table is spread over (or joined into) those buckets of the next larger (smaller) table
 * that have the same low bits, and these are neighbours in that order.
 *
 * <p><b>Threading.</b> Confined to one thread.
 *
 * @param <N> the nodes, which the table links
 */
final class Dict<N extends Dict.Node<N>> {

    /** What is in a table: a key, and the way to its neighbour in the bucket. */
    abstract static class Node<N extends Node<N>> {
        final byte[] key;
        final int hash;
        private @Nullable N next;

        Node(byte[] key, int hash) {
            this.key = key;
            this.hash = hash;
        }

        final @Nullable N next() {
            return next;
        }

        final void next(@Nullable N node) {
            next = node;
        }
    }

    private static final int LEAST_BUCKETS = 16;
    private static final int MOST_BUCKETS = 1 << 30;
    private static final int PIECE_BITS = 12;
    private static final int PIECE = 1 << PIECE_BITS;
    /** Where fewer than one in so many buckets would be needed, the table shrinks. */
    private static final int SPARSE = 8;

    private static final int EMPTY_BUCKETS_A_STEP = 16;

    /** The buckets, in pieces. */
    private static final class Table<N extends Node<N>> {
        final Object[] @Nullable [] pieces;
        final int mask;
        int size;

        Table(int buckets) {
            mask = buckets - 1;
            pieces = new Object[(buckets + PIECE - 1) >>> PIECE_BITS][];
        }

        @SuppressWarnings("unchecked")
        @Nullable
        N head(int bucket) {
            Object[] piece = pieces[bucket >>> PIECE_BITS];
            return piece == null ? null : (N) piece[bucket & (PIECE - 1)];
        }

        void head(int bucket, @Nullable N node) {
            Object[] piece = pieces[bucket >>> PIECE_BITS];
            if (piece == null) {
                if (node == null) {
                    return;
                }
                piece = pieces[bucket >>> PIECE_BITS] = new Object[Math.min(PIECE, mask + 1)];
            }
            piece[bucket & (PIECE - 1)] = node;
        }
    }

    private Table<N> table = new Table<>(LEAST_BUCKETS);
    /** Where the nodes are being moved to. */
    private @Nullable Table<N> target;

    private int moved;

    /** How many nodes there are. */
    int size() {
        return table.size + (target == null ? 0 : target.size);
    }

    @Nullable
    N find(byte[] key, int hash) {
        step();
        N node = find(table, key, hash);
        return node == null && target != null ? find(target, key, hash) : node;
    }

    private static <N extends Node<N>> @Nullable N find(Table<N> in, byte[] key, int hash) {
        for (N node = in.head(hash & in.mask); node != null; node = node.next()) {
            if (node.hash == hash && Arrays.equals(node.key, key)) {
                return node;
            }
        }
        return null;
    }

    /** Adds a node whose key is not in the table. */
    void add(N node) {
        step();
        Table<N> to = target != null ? target : table;
        link(to, node);
        if (target == null && table.size > table.mask && table.mask < MOST_BUCKETS - 1) {
            target = new Table<>((table.mask + 1) << 1);
            moved = 0;
        }
    }

    private static <N extends Node<N>> void link(Table<N> to, N node) {
        int bucket = node.hash & to.mask;
        node.next(to.head(bucket));
        to.head(bucket, node);
        to.size++;
    }

    /** Removes this very node. Returns whether it was in the table. */
    boolean remove(N node) {
        step();
        boolean found = unlink(table, node) || (target != null && unlink(target, node));
        if (found && target == null && table.mask >= LEAST_BUCKETS && table.size < (table.mask + 1) / SPARSE) {
            target = new Table<>((table.mask + 1) >>> 1);
            moved = 0;
        }
        return found;
    }

    private static <N extends Node<N>> boolean unlink(Table<N> in, N gone) {
        int bucket = gone.hash & in.mask;
        N before = null;
        for (N node = in.head(bucket); node != null; node = node.next()) {
            if (node == gone) {
                N after = gone.next();
                if (before == null) {
                    in.head(bucket, after);
                } else {
                    before.next(after);
                }
                gone.next(null);
                in.size--;
                return true;
            }
            before = node;
        }
        return false;
    }

    /** Moves a bucket to the table in the making. Returns whether more are to be moved. */
    boolean step() {
        Table<N> to = target;
        if (to == null) {
            return false;
        }
        int empty = 0;
        while (moved <= table.mask && empty < EMPTY_BUCKETS_A_STEP) {
            int bucket = moved++;
            N node = table.head(bucket);
            if (node == null) {
                empty++;
                continue;
            }
            table.head(bucket, null);
            while (node != null) {
                N after = node.next();
                table.size--;
                link(to, node);
                node = after;
            }
            break;
        }
        if (moved > table.mask) {
            table = to;
            target = null;
        }
        return target != null;
    }

    /**
     * Visits the nodes of a bucket.
     *
     * @param cursor  0 to begin, else what the last call gave
     * @param visitor must not change the table
     * @return where to go on; 0 at the end
     */
    long scan(long cursor, Consumer<? super N> visitor) {
        Table<N> small = table;
        Table<N> large = target;
        if (large != null && large.mask < small.mask) {
            small = target;
            large = table;
        }
        if (small == null || large == null) {
            visit(table, (int) cursor & table.mask, visitor);
            return next(cursor, table.mask);
        }
        visit(small, (int) cursor & small.mask, visitor);
        long at = cursor;
        do {
            visit(large, (int) at & large.mask, visitor);
            at = next(at, large.mask);
        } while ((at & (small.mask ^ large.mask)) != 0);
        return at;
    }

    private static <N extends Node<N>> void visit(Table<N> in, int bucket, Consumer<? super N> visitor) {
        for (N node = in.head(bucket); node != null; node = node.next()) {
            visitor.accept(node);
        }
    }

    /** Counts up the bits under the mask, highest first. */
    private static long next(long cursor, int mask) {
        return Long.reverse(Long.reverse(cursor | ~(long) mask) + 1);
    }
}
