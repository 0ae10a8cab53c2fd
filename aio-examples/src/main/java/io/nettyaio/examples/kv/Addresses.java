package io.nettyaio.examples.kv;

import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Socket addresses as Redis shows them. */
final class Addresses {

    private Addresses() {}

    static String text(@Nullable Object address) {
        return address instanceof InetSocketAddress inet ? NetUtil.toSocketAddressString(inet) : "?:0";
    }
}
