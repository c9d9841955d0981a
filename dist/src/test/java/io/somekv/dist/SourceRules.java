package io.somekv.dist;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * House rules that the text of a source shows. Patterns are written with a class of one character
 * here and there, so that this file does not break its own rules.
 */
enum SourceRules {
    NO_DISABLED_TEST("@Disable[d]", "a test that does not run proves nothing"),
    NO_SLEEP("Thread\\.slee[p]\\(|TimeUnit\\.[A-Z]+\\.slee[p]\\(", "wait for what must happen"),
    NO_NOTE_TO_SELF("\\b(TOD[O]|FIXM[E]|XX[X])\\b", "do it, or open an issue"),
    NO_EMPTY_NAME(
            "\\b(class|interface|record|enum) \\w+(Imp[l]|Manage[r]|Uti[ls]+|Helpe[r]|Dat[a])\\b",
            "the name says nothing: find the noun"),
    NO_LOCK_WORD("\\bsynchronize[d]\\b", "the deterministic part knows no threads");

    private final Pattern pattern;
    private final String why;

    SourceRules(String pattern, String why) {
        this.pattern = Pattern.compile(pattern);
        this.why = why;
    }

    /** Each line that breaks this rule, with its place. */
    List<String> breaches(List<House.Source> sources) {
        List<String> found = new ArrayList<>();
        for (House.Source source : sources) {
            if (!appliesTo(source)) {
                continue;
            }
            List<String> lines = source.lines();
            for (int i = 0; i < lines.size(); i++) {
                if (pattern.matcher(lines.get(i)).find()) {
                    found.add(source.path() + ":" + (i + 1) + " " + why);
                }
            }
        }
        return found;
    }

    private boolean appliesTo(House.Source source) {
        return switch (this) {
            case NO_DISABLED_TEST, NO_SLEEP -> source.isTest();
            case NO_NOTE_TO_SELF, NO_EMPTY_NAME -> true;
            case NO_LOCK_WORD ->
                    ProjectModule.pure().stream()
                            .anyMatch(module ->
                                    source.path().contains("/" + folderOf(module) + "/")
                                            && !source.isTest());
        };
    }

    private static String folderOf(ProjectModule module) {
        return module.packageRoot().replace('.', '/');
    }

    /** Folders of production code without a package-info.java that says {@code @NullMarked}. */
    static List<String> packagesNotNullMarked(List<House.Source> sources) {
        Set<String> folders = new TreeSet<>();
        Set<String> marked = new TreeSet<>();
        for (House.Source source : sources) {
            String folder = source.path().substring(0, source.path().lastIndexOf('/'));
            if (!source.isTest()) {
                folders.add(folder);
            }
            if (source.name().equals("package-info.java")
                    && source.text().contains("@NullMarked")) {
                marked.add(folder);
            }
        }
        folders.removeAll(marked);
        return List.copyOf(folders);
    }
}
