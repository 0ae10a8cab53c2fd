package io.nettyaio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(10)
class AioConfigTest {

    private static final String PREFIX = "io.nettyaio.";

    /** A setting that is a number, with its bounds. */
    private record Setting(
            String name,
            int least,
            int most,
            BiFunction<AioConfig.Builder, Integer, AioConfig.Builder> set,
            ToIntFunction<AioConfig> get) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Setting> settings() {
        int max = Integer.MAX_VALUE;
        return Stream.of(
                new Setting("queueDepth", 1, 65_536, AioConfig.Builder::queueDepth, AioConfig::queueDepth),
                new Setting(
                        "pendingOperations",
                        1,
                        max,
                        AioConfig.Builder::pendingOperations,
                        AioConfig::pendingOperations),
                new Setting("submitBatch", 1, 4096, AioConfig.Builder::submitBatch, AioConfig::submitBatch),
                new Setting(
                        "completionsPerWakeup",
                        1,
                        max,
                        AioConfig.Builder::completionsPerWakeup,
                        AioConfig::completionsPerWakeup),
                new Setting("inlineReadBytes", 0, max, AioConfig.Builder::inlineReadBytes, AioConfig::inlineReadBytes),
                new Setting(
                        "inlineBytesPerTick",
                        1,
                        max,
                        AioConfig.Builder::inlineBytesPerTick,
                        AioConfig::inlineBytesPerTick),
                new Setting(
                        "kernelTransferBytes",
                        0,
                        max,
                        AioConfig.Builder::kernelTransferBytes,
                        AioConfig::kernelTransferBytes),
                new Setting(
                        "unknownDeviceDepth",
                        1,
                        65_536,
                        AioConfig.Builder::unknownDeviceDepth,
                        AioConfig::unknownDeviceDepth),
                new Setting("helperThreads", 1, 1024, AioConfig.Builder::helperThreads, AioConfig::helperThreads),
                new Setting(
                        "collectorThreads", 1, 1024, AioConfig.Builder::collectorThreads, AioConfig::collectorThreads),
                new Setting("helperQueue", 2, 1 << 20, AioConfig.Builder::helperQueue, AioConfig::helperQueue));
    }

    @BeforeEach
    @AfterEach
    void clearProperties() {
        System.getProperties().keySet().removeIf(key -> key.toString().startsWith(PREFIX));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void shouldTakeTheValueWhenItIsOneOfTheBounds(Setting setting) {
        AioConfig least =
                setting.set().apply(AioConfig.builder(), setting.least()).build();
        AioConfig most =
                setting.set().apply(AioConfig.builder(), setting.most()).build();

        assertThat(setting.get().applyAsInt(least)).isEqualTo(setting.least());
        assertThat(setting.get().applyAsInt(most)).isEqualTo(setting.most());
    }

    @ParameterizedTest
    @MethodSource("settings")
    void shouldRefuseAndNameTheBoundsWhenTheValueIsBelow(Setting setting) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> setting.set().apply(AioConfig.builder(), setting.least() - 1))
                .withMessageContaining(setting.name() + "=" + (setting.least() - 1))
                .withMessageContaining("from " + setting.least() + " to " + setting.most());
    }

    @ParameterizedTest
    @MethodSource("settings")
    void shouldRefuseWhenTheValueIsAbove(Setting setting) {
        // One more than the largest int wraps round to the smallest, which is out of range as well.
        assertThatIllegalArgumentException()
                .isThrownBy(() -> setting.set().apply(AioConfig.builder(), setting.most() + 1));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void shouldTakeTheSystemPropertyWhenItIsSet(Setting setting) {
        int value = setting.least() + 1;
        System.setProperty(PREFIX + setting.name(), Integer.toString(value));

        AioConfig config = AioConfig.builder().build();

        assertThat(setting.get().applyAsInt(config)).isEqualTo(value);
    }

    @ParameterizedTest
    @MethodSource("settings")
    void shouldRefuseAndNameThePropertyWhenItsValueIsOutOfRange(Setting setting) {
        System.setProperty(PREFIX + setting.name(), Integer.toString(setting.least() - 1));

        assertThatIllegalArgumentException()
                .isThrownBy(AioConfig::builder)
                .withMessageContaining(PREFIX + setting.name() + "=" + (setting.least() - 1));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void shouldPreferTheSetterWhenThePropertyIsSetToo(Setting setting) {
        System.setProperty(PREFIX + setting.name(), Integer.toString(setting.least() + 1));

        AioConfig config =
                setting.set().apply(AioConfig.builder(), setting.least() + 2).build();

        assertThat(setting.get().applyAsInt(config)).isEqualTo(setting.least() + 2);
    }

    @ParameterizedTest
    @MethodSource("settings")
    void shouldShowTheSettingWhenPrinted(Setting setting) {
        int value = setting.least() + 7;

        String text = setting.set().apply(AioConfig.builder(), value).build().toString();

        assertThat(text).contains(setting.name() + "=" + value);
    }

    @Test
    void shouldHaveTheDocumentedValuesWhenNothingIsSet() {
        AioConfig config = AioConfig.builder().build();

        assertThat(config.kernelAio()).isTrue();
        assertThat(config.queueDepth()).isEqualTo(512);
        assertThat(config.pendingOperations()).isEqualTo(65_536);
        assertThat(config.pendingBytes()).isEqualTo(1L << 30);
        assertThat(config.overloadPolicy()).isEqualTo(AioOverloadPolicy.FAIL);
        assertThat(config.waterMark()).isEqualTo(AioWaterMark.DEFAULT);
        assertThat(config.deviceLatencyGoalNanos()).isZero();
        assertThat(config.submitBatch()).isEqualTo(64);
        assertThat(config.completionsPerWakeup()).isEqualTo(256);
        assertThat(config.inlineReadBytes()).isEqualTo(256 * 1024);
        assertThat(config.inlineBytesPerTick()).isEqualTo(1024 * 1024);
        assertThat(config.kernelTransferBytes()).isEqualTo(256 * 1024);
        assertThat(config.deviceShare()).isEqualTo(0.5);
        assertThat(config.unknownDeviceDepth()).isEqualTo(64);
        assertThat(config.loopBudgetNanos()).isEqualTo(1_000_000);
        assertThat(config.helperThreads()).isEqualTo(16);
        assertThat(config.collectorThreads()).isEqualTo(2);
        assertThat(config.helperQueue()).isEqualTo(4096);
        assertThat(config.helperIdleNanos()).isEqualTo(5_000_000_000L);
        assertThat(config.syncPolicy()).isEqualTo(AioSyncPolicy.HELPER);
        assertThat(config.allocator()).isSameAs(ByteBufAllocator.DEFAULT);
        assertThat(config.metrics()).isFalse();
        assertThat(config.slowOperationNanos()).isEqualTo(100_000_000);
        assertThat(config.stallThresholdNanos()).isZero();
    }

    @Test
    void shouldTakeThePropertiesOfAnotherFormWhenTheyAreSet() {
        System.setProperty(PREFIX + "kernelAio", "false");
        System.setProperty(PREFIX + "syncPolicy", "KERNEL");
        System.setProperty(PREFIX + "deviceSharePercent", "25");
        System.setProperty(PREFIX + "loopBudgetMicros", "300");
        System.setProperty(PREFIX + "helperIdleMillis", "70");
        System.setProperty(PREFIX + "pendingMebibytes", "3000");
        System.setProperty(PREFIX + "overloadPolicy", "WAIT");
        System.setProperty(PREFIX + "deviceLatencyGoalMicros", "500");
        System.setProperty(PREFIX + "metrics", "true");
        System.setProperty(PREFIX + "slowOperationMillis", "7");
        System.setProperty(PREFIX + "stallMillis", "90");

        AioConfig config = AioConfig.builder().build();

        assertThat(config.kernelAio()).isFalse();
        assertThat(config.syncPolicy()).isEqualTo(AioSyncPolicy.KERNEL);
        assertThat(config.deviceShare()).isEqualTo(0.25);
        assertThat(config.loopBudgetNanos()).isEqualTo(300_000);
        assertThat(config.helperIdleNanos()).isEqualTo(70_000_000);
        assertThat(config.pendingBytes()).isEqualTo(3000L << 20);
        assertThat(config.overloadPolicy()).isEqualTo(AioOverloadPolicy.WAIT);
        assertThat(config.deviceLatencyGoalNanos()).isEqualTo(500_000);
        assertThat(config.metrics()).isTrue();
        assertThat(config.slowOperationNanos()).isEqualTo(7_000_000);
        assertThat(config.stallThresholdNanos()).isEqualTo(90_000_000);
    }

    @Test
    void shouldConvertToNanosecondsWhenADurationIsSet() {
        AioConfig config = AioConfig.builder()
                .loopBudget(3, TimeUnit.MICROSECONDS)
                .helperIdle(2, TimeUnit.SECONDS)
                .build();

        assertThat(config.loopBudgetNanos()).isEqualTo(3_000);
        assertThat(config.helperIdleNanos()).isEqualTo(2_000_000_000L);
    }

    @Test
    void shouldRefuseWhenADurationIsNotPositive() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AioConfig.builder().loopBudget(0, TimeUnit.SECONDS))
                .withMessageContaining("loopBudget=0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AioConfig.builder().helperIdle(-1, TimeUnit.SECONDS))
                .withMessageContaining("helperIdle=-1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AioConfig.builder().slowOperation(0, TimeUnit.SECONDS))
                .withMessageContaining("slowOperation=0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AioConfig.builder().stallThreshold(999, TimeUnit.MICROSECONDS))
                .withMessageContaining("stallThreshold=999");
        assertThat(AioConfig.builder()
                        .stallThreshold(0, TimeUnit.SECONDS)
                        .build()
                        .stallThresholdNanos())
                .isZero();
    }

    @Test
    void shouldRefuseWhenTheDeviceShareIsNoShare() {
        for (double share : new double[] {0, -0.1, 1.000_001, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatIllegalArgumentException()
                    .as("share %s", share)
                    .isThrownBy(() -> AioConfig.builder().deviceShare(share))
                    .withMessageContaining("deviceShare=" + share);
        }
        assertThat(AioConfig.builder().deviceShare(1).build().deviceShare()).isEqualTo(1.0);
        assertThat(AioConfig.builder().deviceShare(Double.MIN_VALUE).build().deviceShare())
                .isEqualTo(Double.MIN_VALUE);
    }

    @Test
    void shouldKeepWhatWasBuiltWhenTheBuilderGoesOn() {
        AioConfig.Builder builder = AioConfig.builder().queueDepth(7).kernelAio(false);
        AioConfig first = builder.build();
        AioConfig second = builder.queueDepth(8)
                .syncPolicy(AioSyncPolicy.KERNEL)
                .allocator(UnpooledByteBufAllocator.DEFAULT)
                .build();

        assertThat(first.queueDepth()).isEqualTo(7);
        assertThat(first.syncPolicy()).isEqualTo(AioSyncPolicy.HELPER);
        assertThat(second.queueDepth()).isEqualTo(8);
        assertThat(second.kernelAio()).isFalse();
        assertThat(second.syncPolicy()).isEqualTo(AioSyncPolicy.KERNEL);
        assertThat(second.allocator()).isSameAs(UnpooledByteBufAllocator.DEFAULT);
    }

    @Test
    void shouldGiveTheSameDefaultsWhenAskedAgain() {
        AioConfig first = AioConfig.defaults();
        System.setProperty(PREFIX + "queueDepth", "3");

        assertThat(AioConfig.defaults()).isSameAs(first);
        assertThat(first.queueDepth()).isEqualTo(512);
    }
}
