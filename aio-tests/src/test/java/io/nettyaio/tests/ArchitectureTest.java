package io.nettyaio.tests;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which module may know what. */
@Timeout(60)
class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.nettyaio");

    private static final String ENGINE = "io.nettyaio.epoll..";

    private static final String[] CORE = {
        "io.nettyaio", "io.nettyaio.buffer..", "io.nettyaio.handler..", "io.nettyaio.metrics.."
    };

    /** What of Netty's native side the engine may use: what it takes to have a descriptor on an epoll loop. */
    private static final Set<String> NATIVE_SIDE = Set.of(
            "io.netty.channel.epoll.Epoll",
            "io.netty.channel.epoll.EpollIoHandle",
            "io.netty.channel.epoll.EpollIoOps",
            "io.netty.channel.epoll.EpollIoEvent",
            "io.netty.channel.unix.FileDescriptor");

    /** What of Netty's internals: loading of native libraries, and logging. */
    private static final DescribedPredicate<JavaClass> FORBIDDEN_INTERNALS = describe(
            "an internal of Netty's",
            type -> type.getPackageName().startsWith("io.netty.util.internal")
                    && !type.getName().equals("io.netty.util.internal.NativeLibraryLoader")
                    && !type.getPackageName().equals("io.netty.util.internal.logging"));

    private static final DescribedPredicate<JavaMethod> NATIVE =
            describe("native", method -> method.getModifiers().contains(JavaModifier.NATIVE));

    /** The rules below are about something. */
    @Test
    void shouldFindClassesWhenImported() {
        assertThat(CLASSES.contain("io.nettyaio.AioFile")).isTrue();
        assertThat(CLASSES.contain("io.nettyaio.epoll.EpollAio")).isTrue();
        assertThat(CLASSES.stream().flatMap(type -> type.getMethods().stream()).filter(NATIVE))
                .isNotEmpty();
    }

    /** The API is the same on any engine: it knows neither epoll nor the engine. */
    @Test
    void shouldNotDependOnEpollWhenCore() {
        noClasses()
                .that(resideInAnyPackage(CORE))
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.netty.channel.epoll..", "io.netty.channel.unix..", ENGINE))
                .check(CLASSES);
    }

    /** No JNI in the API. */
    @Test
    void shouldHaveNoNativeMethodsWhenCore() {
        noMethods()
                .that()
                .areDeclaredInClassesThat(resideInAnyPackage(CORE))
                .should()
                .haveModifier(JavaModifier.NATIVE)
                .check(CLASSES);
    }

    /** The engine uses of Netty's native side what is public and meant for it, and no more. */
    @Test
    void shouldUsePublicNativeSideOnlyWhenEngine() {
        noClasses()
                .that(resideInAPackage(ENGINE))
                .should()
                .dependOnClassesThat(describe(
                        "of Netty's native side beyond " + NATIVE_SIDE,
                        (JavaClass type) -> (type.getPackageName().startsWith("io.netty.channel.epoll")
                                        || type.getPackageName().startsWith("io.netty.channel.unix"))
                                && !NATIVE_SIDE.contains(type.getName())))
                .check(CLASSES);
    }

    /** Nothing that Java or Netty may take away. */
    @Test
    void shouldNotUseInternalsWhenAnywhere() {
        noClasses()
                .should()
                .dependOnClassesThat(FORBIDDEN_INTERNALS)
                .orShould()
                .dependOnClassesThat(resideInAnyPackage("sun..", "jdk.internal..", "com.sun.."))
                .check(CLASSES);
    }

    /** A system call is not for whoever has the jar: natives are package-private, as are their classes. */
    @Test
    void shouldBePackagePrivateWhenNative() {
        methods().that(NATIVE).should().bePackagePrivate().check(CLASSES);
        classes()
                .that(describe(
                        "declare native methods",
                        (JavaClass type) -> type.getMethods().stream().anyMatch(NATIVE)))
                .should()
                .bePackagePrivate()
                .check(CLASSES);
    }

    /** Of the engine, users see the way in and nothing else. */
    @Test
    void shouldBeOneClassWhenPublicInEngine() {
        List<String> seen = CLASSES.stream()
                .filter(resideInAPackage("io.nettyaio.epoll"))
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                .map(JavaClass::getName)
                .toList();
        assertThat(seen).containsExactly("io.nettyaio.epoll.EpollAio");
    }

    /** Every package says that what is not marked is not null. */
    @Test
    void shouldBeNullMarkedWhenPackage() {
        assertThat(CLASSES.stream()
                        .map(JavaClass::getPackage)
                        .distinct()
                        .filter(type -> !isNullMarked(type))
                        .map(JavaPackage::getName)
                        .toList())
                .as("packages without @NullMarked")
                .isEmpty();
    }

    private static boolean isNullMarked(JavaPackage type) {
        return type.tryGetPackageInfo()
                .filter(info -> info.isAnnotatedWith(NullMarked.class))
                .isPresent();
    }

    /** The parts of the library know of each other in one direction only. */
    @Test
    void shouldNotDependOnExamplesWhenLibrary() {
        noClasses()
                .that(resideInAnyPackage(CORE))
                .or(resideInAPackage(ENGINE))
                .should()
                .dependOnClassesThat(resideInAPackage("io.nettyaio.examples.."))
                .check(CLASSES);
    }
}
