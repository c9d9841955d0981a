package io.somekv.server;

import io.somekv.protocol.config.NodeInfo;
import io.somekv.server.cli.ServerCommands;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * A command as typed, once it has ended.
 *
 * @param code with which it ended
 * @param out what it printed
 * @param error and to the standard error
 */
record Typed(int code, String out, String error) {
    /**
     * One that has not ended.
     *
     * @param out what it has printed so far
     */
    record Running(StringWriter out, CompletableFuture<Typed> end) {}

    static Running begin(String... words) {
        StringWriter out = new StringWriter();
        return new Running(out, CompletableFuture.supplyAsync(() -> run(out, words)));
    }

    static Typed of(String... words) {
        return run(new StringWriter(), words);
    }

    /** With that node as the one to ask. */
    static Typed at(NodeInfo node, String... words) {
        return of(asking(node, words));
    }

    /** These words, and the node to ask. */
    static String[] asking(NodeInfo node, String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--node", node.host() + ":" + node.grpcPort()));
        return all.toArray(String[]::new);
    }

    private static Typed run(StringWriter out, String... words) {
        StringWriter error = new StringWriter();
        CommandLine line = new CommandLine(CommandSpec.create().name("somekv"));
        ServerCommands.all().forEach(line::addSubcommand);
        ServerCommands.configure(line);
        line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(error, true));
        int code = line.execute(words);
        return new Typed(code, out.toString(), error.toString());
    }

    /** With something to read on the standard input. */
    static Typed answering(String input, String... words) {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(input.getBytes(Charset.defaultCharset())));
        try {
            return of(words);
        } finally {
            System.setIn(before);
        }
    }
}
