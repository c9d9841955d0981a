package io.somekv.protocol.resp;

import io.somekv.base.Bytes;
import io.somekv.base.MalformedException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads replies, for tests, the bench and command-line tools: the far end of {@link RespWriter}. A
 * reply that has not come whole is read again from its start when more arrives.
 */
public final class RespReplyParser {
    private static final int DEPTH_MAX = 16;
    private static final int SIZE_MAX = 512 << 20;

    private final ByteQueue queue = new ByteQueue();

    /** Where in the queue reading stands; counted from the start of the reply. */
    private int at;

    /** Takes over what remains of {@code chunk}; ask {@link #next} until it is empty. */
    public void feed(ByteBuffer chunk) {
        queue.add(chunk);
    }

    /**
     * The next whole reply.
     *
     * @throws MalformedException on a stream that is not RESP
     */
    public Optional<RespReply> next() {
        at = 0;
        Optional<RespReply> reply = read(0);
        if (reply.isPresent()) {
            queue.skip(at);
        }
        return reply;
    }

    private Optional<RespReply> read(int depth) {
        Optional<String> line = readLine();
        if (line.isEmpty()) {
            return Optional.empty();
        }
        if (line.get().isEmpty() || depth > DEPTH_MAX) {
            throw new MalformedException("no reply: an empty line, or too deep");
        }
        String text = line.get().substring(1);
        return switch (line.get().charAt(0)) {
            case '+' -> Optional.of(new RespReply.Simple(text));
            case '-' -> Optional.of(new RespReply.Failure(text));
            case ':' -> Optional.of(new RespReply.Int(number(text)));
            case '_' -> Optional.of(RespReply.NULL);
            case '#' -> Optional.of(new RespReply.Bool(text.equals("t")));
            case ',' -> Optional.of(new RespReply.Decimal(decimal(text)));
            case '$' -> text.equals("-1") ? Optional.of(RespReply.NULL) : bulk(text);
            case '=' -> verbatim(text);
            case '*' ->
                    text.equals("-1")
                            ? Optional.of(new RespReply.NullArray())
                            : elements(size(text), depth).map(RespReply.Array::new);
            case '~' -> elements(size(text), depth).map(RespReply.Set::new);
            case '%' -> elements(2L * size(text), depth).map(RespReplyParser::map);
            default -> throw new MalformedException("no reply begins with " + line.get());
        };
    }

    private Optional<String> readLine() {
        for (int i = at; i + 1 < queue.size(); i++) {
            if (queue.at(i) == '\r' && queue.at(i + 1) == '\n') {
                String line = queue.copy(at, i - at).toUtf8();
                at = i + 2;
                return Optional.of(line);
            }
        }
        return Optional.empty();
    }

    private Optional<RespReply> bulk(String sizeText) {
        return raw(size(sizeText)).map(RespReply.Bulk::new);
    }

    private Optional<RespReply> verbatim(String sizeText) {
        return raw(size(sizeText))
                .map(Bytes::toUtf8)
                .map(text -> {
                    if (text.length() < 4) {
                        throw new MalformedException("verbatim without a format");
                    }
                    return new RespReply.Verbatim(text.substring(0, 3), text.substring(4));
                });
    }

    private Optional<Bytes> raw(int size) {
        if (queue.size() - at < size + 2L) {
            return Optional.empty();
        }
        Bytes value = queue.copy(at, size);
        at += size + 2;
        return Optional.of(value);
    }

    private Optional<List<RespReply>> elements(long count, int depth) {
        List<RespReply> elements = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            Optional<RespReply> element = read(depth + 1);
            if (element.isEmpty()) {
                return Optional.empty();
            }
            elements.add(element.get());
        }
        return Optional.of(elements);
    }

    private static RespReply map(List<RespReply> flat) {
        List<RespReply.Field> fields = new ArrayList<>();
        for (int i = 0; i < flat.size(); i += 2) {
            fields.add(new RespReply.Field(flat.get(i), flat.get(i + 1)));
        }
        return new RespReply.Map(fields);
    }

    private static int size(String text) {
        long size = number(text);
        if (size < 0 || size > SIZE_MAX) {
            throw new MalformedException("a size of " + size);
        }
        return (int) size;
    }

    private static long number(String text) {
        return Decimals.parse(Bytes.utf8(text))
                .orElseThrow(() -> new MalformedException("no number: " + text));
    }

    private static double decimal(String text) {
        return switch (text) {
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            case "nan" -> Double.NaN;
            default -> {
                try {
                    yield Double.parseDouble(text);
                } catch (NumberFormatException e) {
                    throw new MalformedException("no number: " + text);
                }
            }
        };
    }
}
