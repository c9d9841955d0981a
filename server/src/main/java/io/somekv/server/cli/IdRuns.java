package io.somekv.server.cli;

import java.util.ArrayList;
import java.util.List;

/** Numbers for people: those that follow each other as a run, {@code 0-127,130}. */
final class IdRuns {
    private IdRuns() {}

    /**
     * @param ids ascending
     */
    static String text(List<Long> ids) {
        List<String> runs = new ArrayList<>();
        int at = 0;
        while (at < ids.size()) {
            long from = ids.get(at);
            long to = from;
            at++;
            while (at < ids.size() && ids.get(at) == to + 1) {
                to++;
                at++;
            }
            runs.add(from == to ? Long.toString(from) : from + "-" + to);
        }
        return String.join(",", runs);
    }
}
