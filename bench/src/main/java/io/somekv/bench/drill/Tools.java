package io.somekv.bench.drill;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.List;

/** Programs of the system, run to their end. */
final class Tools {
    private Tools() {}

    /**
     * What the program printed.
     *
     * @throws IOException if it is not there, or ended with anything but 0
     */
    static String run(String... words) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
        int code = process.waitFor();
        if (code != 0) {
            throw new IOException(
                    String.join(" ", List.of(words)) + " ended with " + code + ": " + printed);
        }
        return printed;
    }
}
