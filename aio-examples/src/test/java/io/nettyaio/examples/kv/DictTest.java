package io.nettyaio.examples.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DictTest {

    private static final class Item extends Dict.Node<Item> {
        Item(byte[] key, int hash) {
            super(key, hash);
        }
    }

    private final SipHash hash = new SipHash(1, 2);
    private final Dict<Item> dict = new Dict<>();

    private Item item(String key) {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        return new Item(bytes, hash.hash(bytes));
    }

    private Item find(String key) {
        Item like = item(key);
        return dict.find(like.key, like.hash);
    }

    @Test
    void shouldHoldWhatAMapHoldsWhenItGrowsAndShrinks() {
        Random random = new Random(7);
        Map<String, Item> model = new HashMap<>();
        for (int step = 0; step < 120_000; step++) {
            // First mostly more, then mostly fewer: every size is met on both ways.
            boolean adds = random.nextInt(10) < (step < 60_000 ? 7 : 3);
            String key = "k" + random.nextInt(20_000);
            Item known = model.get(key);
            if (find(key) != known) {
                fail("found another: " + key);
            }
            if (adds && known == null) {
                Item item = item(key);
                dict.add(item);
                model.put(key, item);
            } else if (!adds && known != null) {
                assertThat(dict.remove(known)).isTrue();
                assertThat(dict.remove(known)).isFalse();
                model.remove(key);
            }
            if (dict.size() != model.size()) {
                fail("size " + dict.size() + " is not " + model.size());
            }
        }
        assertThat(visited()).isEqualTo(model.keySet());
        for (Item item : model.values()) {
            assertThat(dict.remove(item)).isTrue();
        }
        assertThat(dict.size()).isZero();
        assertThat(visited()).isEmpty();
    }

    private Set<String> visited() {
        Set<String> visited = new HashSet<>();
        long cursor = 0;
        do {
            cursor = dict.scan(cursor, item -> visited.add(new String(item.key, StandardCharsets.UTF_8)));
        } while (cursor != 0);
        return visited;
    }

    /** What is there from the first call of a scan to the last is visited, whatever else comes, goes, and moves. */
    @Test
    void shouldVisitWhatStaysWhenOthersComeAndGo() {
        Random random = new Random(11);
        for (int round = 0; round < 60; round++) {
            Dict<Item> fresh = new Dict<>();
            Set<String> stays = new HashSet<>();
            for (int i = 0; i < 500; i++) {
                stays.add("s" + i);
                fresh.add(item("s" + i));
            }
            Map<String, Item> others = new HashMap<>();
            boolean grows = round % 2 == 0;
            for (int i = 0; i < (grows ? 0 : 20_000); i++) {
                Item item = item("o" + i);
                fresh.add(item);
                others.put("o" + i, item);
            }
            Set<String> visited = new HashSet<>();
            long cursor = 0;
            do {
                cursor = fresh.scan(cursor, item -> visited.add(new String(item.key, StandardCharsets.UTF_8)));
                for (int i = 0; i < random.nextInt(200); i++) {
                    String key = "o" + random.nextInt(20_000);
                    Item known = others.get(key);
                    if (grows && known == null) {
                        Item item = item(key);
                        fresh.add(item);
                        others.put(key, item);
                    } else if (!grows && known != null) {
                        fresh.remove(known);
                        others.remove(key);
                    }
                }
            } while (cursor != 0);
            assertThat(visited).containsAll(stays);
        }
    }

    @Test
    void shouldMoveBucketsOnWhenAskedTo() {
        for (int i = 0; i < 1025; i++) {
            dict.add(item("k" + i));
        }
        int steps = 0;
        while (dict.step()) {
            steps++;
        }
        assertThat(steps).isPositive().isLessThan(2048);
        assertThat(visited()).hasSize(1025);
    }
}
