package io.somekv.protocol.resp;

/**
 * Patterns as Redis matches them: {@code *}, {@code ?}, {@code [a-z]}, {@code [^a]}, and a
 * backslash before what is meant literally. Goes back to the last star only, so that no pattern
 * takes more than pattern × text steps.
 */
final class GlobPattern {
    private final String pattern;

    GlobPattern(String pattern) {
        this.pattern = pattern;
    }

    boolean matches(String text) {
        int p = 0;
        int t = 0;
        int starAt = -1;
        int starText = 0;
        while (t < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                starAt = p++;
                starText = t;
                continue;
            }
            int next = p < pattern.length() ? matchOne(p, text.charAt(t)) : -1;
            if (next >= 0) {
                p = next;
                t++;
            } else if (starAt >= 0) {
                p = starAt + 1;
                t = ++starText;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }

    /** Returns where the pattern goes on after it has matched {@code c}; -1 if it does not. */
    private int matchOne(int p, char c) {
        char first = pattern.charAt(p);
        if (first == '?') {
            return p + 1;
        } else if (first == '[') {
            return matchSet(p + 1, c);
        } else if (first == '\\' && p + 1 < pattern.length()) {
            return pattern.charAt(p + 1) == c ? p + 2 : -1;
        }
        return first == c ? p + 1 : -1;
    }

    private int matchSet(int start, char c) {
        int p = start;
        boolean negated = p < pattern.length() && pattern.charAt(p) == '^';
        if (negated) {
            p++;
        }
        boolean found = false;
        while (p < pattern.length() && pattern.charAt(p) != ']') {
            if (pattern.charAt(p) == '\\' && p + 1 < pattern.length()) {
                p++;
            }
            char low = pattern.charAt(p);
            char high = low;
            if (p + 2 < pattern.length()
                    && pattern.charAt(p + 1) == '-'
                    && pattern.charAt(p + 2) != ']') {
                high = pattern.charAt(p + 2);
                p += 2;
            }
            found |= Math.min(low, high) <= c && c <= Math.max(low, high);
            p++;
        }
        return found != negated ? Math.min(p + 1, pattern.length()) : -1;
    }
}
