package io.somekv.dist;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The tree of the project's sources, as the house rules see it. */
final class House {
    private House() {}

    /** One source file: its path within the project with slashes, and its text. */
    record Source(String path, String text) {
        String name() {
            return path.substring(path.lastIndexOf('/') + 1);
        }

        boolean isTest() {
            return path.contains("/src/test/");
        }

        List<String> lines() {
            return text.lines().toList();
        }
    }

    /** The project's folder: the one above the module that the tests run in. */
    static Path root() {
        Path root = Path.of("..").toAbsolutePath().normalize();
        if (!Files.exists(root.resolve(".build"))) {
            throw new IllegalStateException("not the project's folder: " + root);
        }
        return root;
    }

    /** Every Java file that people write, sorted by path. */
    static List<Source> javaSources() {
        try (Stream<Path> modules = Files.list(root())) {
            return modules.map(module -> module.resolve("src"))
                    .filter(Files::isDirectory)
                    .flatMap(House::javaFilesBelow)
                    .map(House::load)
                    .sorted((a, b) -> a.path().compareTo(b.path()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String read(String path) {
        return load(root().resolve(path)).text();
    }

    private static Stream<Path> javaFilesBelow(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Source load(Path file) {
        try {
            String path = root().relativize(file).toString().replace('\\', '/');
            return new Source(path, Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
