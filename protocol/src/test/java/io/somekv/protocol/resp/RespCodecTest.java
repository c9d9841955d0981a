package io.somekv.protocol.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Requests and replies on a stream, however the network cuts it. */
class RespCodecTest {
    private static final RespLimits LIMITS = new RespLimits(1000, 100, 10_000);

    @Test
    void pipelinedRequestsComeBackHoweverTheStreamIsCut() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            List<List<Bytes>> sent = new ArrayList<>();
            ByteWriter out = new ByteWriter();
            for (int i = 0; i < 10; i++) {
                List<Bytes> request = new ArrayList<>();
                for (int left = 1 + random.nextInt(5); left > 0; left--) {
                    byte[] argument = new byte[random.nextInt(100)];
                    random.nextBytes(argument);
                    request.add(Bytes.wrap(argument));
                }
                sent.add(request);
                RespWriter.writeRequest(out, request);
            }
            assertEquals(sent, cutAndParse(out.toBytes(), random));
        }
    }

    @Test
    void inlineCommandsAreWordsOfALine() {
        assertEquals(List.of(List.of("PING")), parse("PING\r\n"));
        assertEquals(List.of(List.of("set", "a b", "c\nd")), parse("set 'a b' \"c\\nd\"\n"));
        assertEquals(List.of(List.of("x", "A", "it's")), parse(" x  \"\\x41\" 'it\\'s' \r\n"));
        assertEquals(List.of(List.of("a"), List.of("b")), parse("\r\n\r\na\r\n  \r\nb\r\n"));
        assertEquals(List.of(List.of("a", "")), parse("a \"\"\r\n"));
    }

    @Test
    void emptyArraysAreNoRequests() {
        assertEquals(List.of(List.of("PING")), parse("*0\r\n*-1\r\n*1\r\n$4\r\nPING\r\n"));
    }

    @Test
    void errorsAreWordedAsRedisWordsThem() {
        assertError("expected '$', got ':'", "*1\r\n:1\r\n");
        assertError("invalid multibulk length", "*101\r\n");
        assertError("invalid multibulk length", "*x\r\n");
        assertError("invalid bulk length", "*1\r\n$-1\r\n");
        assertError("invalid bulk length", "*1\r\n$536870913\r\n");
        assertError("unbalanced quotes in request", "set \"a\r\n");
        assertError("unbalanced quotes in request", "set \"a\"b\r\n");
        assertError("too big inline request", "a".repeat(70_000));
        assertError("too big mbulk count string", "*" + "1".repeat(70_000));
        assertError("too big bulk count string", "*1\r\n$" + "1".repeat(70_000));
    }

    @Test
    void aRequestIsBoundedAsAWhole() {
        StringBuilder request = new StringBuilder("*100\r\n");
        for (int i = 0; i < 11; i++) {
            request.append("$1000\r\n").append("v".repeat(1000)).append("\r\n");
        }
        for (int i = 11; i < 100; i++) {
            request.append("$1\r\nv\r\n");
        }
        assertTooLarge("a command of more than the 10000 bytes that one has", request.toString());
    }

    /** Read to its end and dropped; what is pipelined behind it is served. */
    @Test
    void aValueThatIsTooLargeDoesNotEndTheStream() {
        String large = "*3\r\n$3\r\nset\r\n$1\r\nk\r\n$1001\r\n" + "v".repeat(1001) + "\r\n";
        assertTooLarge("a value of 1001 bytes; at most 1000 are allowed", large);
        assertTooLarge(
                "a value of 1002 bytes; at most 1000 are allowed",
                "*2\r\n$1002\r\n" + "v".repeat(1002) + "\r\n$2000\r\n" + "v".repeat(2000) + "\r\n");
    }

    /** However it is cut, the objection comes once, and then the request behind it. */
    private static void assertTooLarge(String what, String stream) {
        byte[] bytes = Bytes.utf8(stream + "*1\r\n$4\r\nPING\r\n").toArray();
        for (int cut = 1; cut < bytes.length; cut += 97) {
            RespRequestParser parser = new RespRequestParser(LIMITS);
            parser.feed(ByteBuffer.wrap(bytes, 0, cut));
            List<String> seen = new ArrayList<>(drain(parser));
            parser.feed(ByteBuffer.wrap(bytes, cut, bytes.length - cut));
            seen.addAll(drain(parser));
            assertEquals(List.of(what, "PING"), seen);
        }
    }

    private static List<String> drain(RespRequestParser parser) {
        List<String> seen = new ArrayList<>();
        while (true) {
            try {
                Optional<List<Bytes>> request = parser.next();
                if (request.isEmpty()) {
                    return seen;
                }
                seen.add(request.get().get(0).toUtf8());
            } catch (RespTooLargeException e) {
                seen.add(String.valueOf(e.getMessage()));
            }
        }
    }

    @Test
    void repliesComeBackInBothVersions() {
        List<RespReply> replies =
                List.of(
                        RespReply.OK,
                        new RespReply.Failure("ERR no"),
                        new RespReply.Int(-7),
                        RespReply.bulk("a\r\nb"),
                        RespReply.NULL,
                        new RespReply.Array(List.of(new RespReply.Int(1), RespReply.NULL)),
                        new RespReply.Set(List.of(new RespReply.Int(1))),
                        new RespReply.Map(
                                List.of(RespReply.field("k", new RespReply.Decimal(1.5)))),
                        new RespReply.Bool(true),
                        new RespReply.Verbatim("txt", "hello"));
        assertEquals(
                "+OK\r\n-ERR no\r\n:-7\r\n$4\r\na\r\nb\r\n$-1\r\n*2\r\n:1\r\n$-1\r\n*1\r\n:1\r\n"
                        + "*2\r\n$1\r\nk\r\n$3\r\n1.5\r\n:1\r\n$5\r\nhello\r\n",
                written(replies, 2).toUtf8());
        assertEquals(
                "+OK\r\n-ERR no\r\n:-7\r\n$4\r\na\r\nb\r\n_\r\n*2\r\n:1\r\n_\r\n~1\r\n:1\r\n"
                        + "%1\r\n$1\r\nk\r\n,1.5\r\n#t\r\n=9\r\ntxt:hello\r\n",
                written(replies, 3).toUtf8());

        RespReplyParser parser = new RespReplyParser();
        List<RespReply> parsed = new ArrayList<>();
        for (byte b : written(replies, 3).toArray()) {
            parser.feed(ByteBuffer.wrap(new byte[] {b}));
            parser.next().ifPresent(parsed::add);
        }
        assertEquals(replies, parsed);
    }

    @Test
    void aLineBreakInAnErrorDoesNotEndTheReply() {
        assertEquals(
                "-ERR a  +OK\r\n",
                written(List.of(new RespReply.Failure("ERR a\r\n+OK")), 2).toUtf8());
    }

    @Test
    void randomBytesAreReadOrRefusedAndNothingElse() {
        Random random = new Random(1);
        String alphabet = "*$0123456789\r\n-:+%~#,_= abc\"'\\";
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int left = random.nextInt(40); left > 0; left--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            byte[] bytes = Bytes.utf8(text.toString()).toArray();
            try {
                RespRequestParser parser = new RespRequestParser(LIMITS);
                parser.feed(ByteBuffer.wrap(bytes));
                while (parser.next().isPresent()) {}
            } catch (RespProtocolException | RespTooLargeException expected) {
                // Refused, as it may be.
            }
            try {
                RespReplyParser parser = new RespReplyParser();
                parser.feed(ByteBuffer.wrap(bytes));
                while (parser.next().isPresent()) {}
            } catch (MalformedException expected) {
                // Refused, as it may be.
            }
        }
    }

    private static Bytes written(List<RespReply> replies, int protocol) {
        ByteWriter out = new ByteWriter();
        for (RespReply reply : replies) {
            RespWriter.write(out, reply, protocol);
        }
        return out.toBytes();
    }

    private static List<List<Bytes>> cutAndParse(Bytes stream, Random random) {
        RespRequestParser parser = new RespRequestParser(LIMITS);
        List<List<Bytes>> requests = new ArrayList<>();
        int at = 0;
        while (at < stream.size()) {
            int size = Math.min(stream.size() - at, 1 + random.nextInt(200));
            parser.feed(stream.slice(at, size).asByteBuffer());
            at += size;
            Optional<List<Bytes>> request = parser.next();
            while (request.isPresent()) {
                requests.add(request.get());
                request = parser.next();
            }
        }
        return requests;
    }

    private static List<List<String>> parse(String stream) {
        List<List<String>> requests = new ArrayList<>();
        for (List<Bytes> request : cutAndParse(Bytes.utf8(stream), new Random(1))) {
            requests.add(request.stream().map(Bytes::toUtf8).toList());
        }
        return requests;
    }

    private static void assertError(String what, String stream) {
        RespProtocolException error =
                assertThrows(RespProtocolException.class, () -> parse(stream));
        assertEquals("ERR Protocol error: " + what, error.getMessage());
    }
}
