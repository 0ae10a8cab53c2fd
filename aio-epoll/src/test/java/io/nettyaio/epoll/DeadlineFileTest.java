package io.nettyaio.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import io.nettyaio.AioCallback;
import io.nettyaio.AioFile;
import io.nettyaio.AioFuture;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The view with a deadline, method by method, found by reflection: none is forgotten. */
class DeadlineFileTest {

    private static final Duration TIMEOUT = Duration.ofMillis(5);

    private final List<String> calls = new ArrayList<>();

    static Stream<Method> methods() {
        return Arrays.stream(AioFile.class.getMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers()))
                .filter(method -> !method.getName().equals("withDeadline"));
    }

    /** Passed on to the view itself, with its arguments; and what starts an operation gives its future the deadline. */
    @ParameterizedTest
    @MethodSource("methods")
    void shouldBePassedOnAndLimitedWhenCalled(Method method) throws Exception {
        AioFile limited = new DeadlineFile(file(), TIMEOUT);
        Object[] arguments = Arrays.stream(method.getParameterTypes())
                .map(DeadlineFileTest::argument)
                .toArray();

        Object result = method.invoke(limited, arguments);

        boolean callback = Arrays.asList(method.getParameterTypes()).contains(AioCallback.class);
        boolean operation = callback || method.getReturnType() == AioFuture.class;
        List<String> expected = new ArrayList<>(List.of(method.getName()));
        if (operation && !method.getName().equals("close")) {
            expected.add("deadline " + TIMEOUT);
        }
        if (callback) {
            expected.add("addListener");
        }
        if (method.getName().equals("on") || method.getName().equals("in")) {
            expected.add("withDeadline");
            assertThat(result).isNotSameAs(limited);
        }
        assertThat(calls).isEqualTo(expected);
    }

    private static Object argument(Class<?> type) {
        if (type == long.class) {
            return 1L;
        }
        if (type == int.class) {
            return 1;
        }
        return type == AioCallback.class ? (AioCallback<Object>) (result, cause, attachment) -> {} : null;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // as any return value of the proxy
    private AioFile file() {
        return proxy(AioFile.class, method -> {
            calls.add(method.getName());
            Class<?> type = method.getReturnType();
            if (type == AioFuture.class) {
                return future();
            }
            if (type == AioFile.class) {
                return file();
            }
            if (type == boolean.class) {
                return true;
            }
            return type == int.class ? 1 : null;
        });
    }

    private AioFuture<?> future() {
        return (AioFuture<?>) Proxy.newProxyInstance(
                AioFuture.class.getClassLoader(), new Class<?>[] {AioFuture.class}, (self, method, arguments) -> {
                    calls.add(method.getName().equals("deadline") ? "deadline " + arguments[0] : method.getName());
                    return self;
                });
    }

    private interface Answer {
        Object to(Method method);
    }

    private static <T> T proxy(Class<T> type, Answer answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> answer.to(method)));
    }
}
