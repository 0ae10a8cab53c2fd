package io.nettyaio.epoll.blockhound;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import reactor.blockhound.integration.BlockHoundIntegration;

/** What BlockHound is told by name exists: a name that is none is passed over in silence. */
class AioBlockHoundIntegrationTest {

    private static List<Method> methods(String type, String name) throws Exception {
        return Arrays.stream(Class.forName("io.nettyaio.epoll." + type).getDeclaredMethods())
                .filter(method -> method.getName().equals(name))
                .toList();
    }

    @Test
    void shouldNameNativeMethodsThatExist() throws Exception {
        for (AioBlockHoundIntegration.Blocking call : AioBlockHoundIntegration.BLOCKING) {
            assertThat(methods("Native", call.method()))
                    .as("%s", call)
                    .singleElement()
                    .satisfies(method -> {
                        assertThat(Modifier.isNative(method.getModifiers())).isTrue();
                        assertThat(MethodType.methodType(method.getReturnType(), method.getParameterTypes())
                                        .toMethodDescriptorString())
                                .isEqualTo(call.signature());
                    });
        }
    }

    @Test
    void shouldNamePlacesThatExistAndSayWhyTheyMayBlock() throws Exception {
        for (AioBlockHoundIntegration.Allowed place : AioBlockHoundIntegration.ALLOWED) {
            String simple = place.type().substring(place.type().lastIndexOf('.') + 1);
            assertThat(methods(simple, place.method())).as("%s", place).isNotEmpty();
            assertThat(place.why()).isNotBlank();
        }
    }

    @Test
    void shouldBeFoundByBlockHound() {
        assertThat(ServiceLoader.load(BlockHoundIntegration.class))
                .anyMatch(each -> each instanceof AioBlockHoundIntegration);
    }
}
