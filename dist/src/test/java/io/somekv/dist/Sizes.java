package io.somekv.dist;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Measures files and methods in lines, with javac's own parser. */
final class Sizes {
    private Sizes() {}

    /** Lines by name: each file by its path, each method as path#method (the longest of a name). */
    static Map<String, Integer> measure(List<House.Source> sources) {
        Map<String, Integer> lines = new TreeMap<>();
        for (House.Source source : sources) {
            lines.put(source.path(), source.lines().size());
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        List<? extends JavaFileObject> files = sources.stream().map(InMemory::new).toList();
        JavacTask task = (JavacTask) compiler.getTask(null, null, null, List.of(), null, files);
        SourcePositions positions = Trees.instance(task).getSourcePositions();
        try {
            for (CompilationUnitTree unit : task.parse()) {
                new MethodScanner(unit, positions, lines).scan(unit, null);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return lines;
    }

    private static final class MethodScanner extends TreeScanner<Void, Void> {
        private final CompilationUnitTree unit;
        private final SourcePositions positions;
        private final Map<String, Integer> lines;

        MethodScanner(
                CompilationUnitTree unit, SourcePositions positions, Map<String, Integer> lines) {
            this.unit = unit;
            this.positions = positions;
            this.lines = lines;
        }

        @Override
        public Void visitMethod(MethodTree method, Void unused) {
            long end = positions.getEndPosition(unit, method);
            if (method.getBody() != null && end >= 0) {
                long start = positions.getStartPosition(unit, method.getBody());
                long count =
                        unit.getLineMap().getLineNumber(end)
                                - unit.getLineMap().getLineNumber(start)
                                + 1;
                String file = unit.getSourceFile().getName();
                lines.merge(file + "#" + method.getName(), (int) count, Math::max);
            }
            return super.visitMethod(method, null);
        }
    }

    /** A source for javac; its name is the path within the project. */
    private static final class InMemory extends SimpleJavaFileObject {
        private final House.Source source;

        InMemory(House.Source source) {
            super(URI.create("house:///" + source.path()), Kind.SOURCE);
            this.source = source;
        }

        @Override
        public String getName() {
            return source.path();
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source.text();
        }
    }
}
