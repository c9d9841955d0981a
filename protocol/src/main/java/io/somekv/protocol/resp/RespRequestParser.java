package io.somekv.protocol.resp;

import io.somekv.base.Bytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a client's stream into requests: arrays of bulk strings, or inline commands (a line of
 * words), pipelined or not. Incremental: each byte is looked at once, however the stream is cut.
 */
public final class RespRequestParser {
    private static final int LINE_SIZE_MAX = 64 << 10;
    private static final long NO_BULK = Long.MIN_VALUE;

    /** A bulk that is announced as larger than this is not even read to be dropped. */
    private static final long DROPPED_SIZE_MAX = 512L << 20;

    private final RespLimits limits;
    private final ByteQueue queue = new ByteQueue();
    private List<Bytes> arguments = new ArrayList<>();

    /** Arguments of the current array that have not come yet; 0 between requests. */
    private int argumentsLeft;

    /**
     * Size of the bulk being read, or what is left of one being dropped; {@link #NO_BULK} while its
     * size line has not come.
     */
    private long bulkSize = NO_BULK;

    /** Why the current request is dropped while it comes; null for one that is kept. */
    private @Nullable String tooLarge;

    /** Sizes of the current request's arguments, added up. */
    private long requestSize;

    public RespRequestParser(RespLimits limits) {
        this.limits = limits;
    }

    /** Takes over what remains of {@code chunk}; ask {@link #next} until it is empty. */
    public void feed(ByteBuffer chunk) {
        queue.add(chunk);
    }

    /**
     * The next whole request, never without arguments.
     *
     * @throws RespProtocolException to be answered, and the connection closed
     * @throws RespTooLargeException to be answered; behind that request the stream goes on
     */
    public Optional<List<Bytes>> next() {
        while (queue.size() > 0) {
            if (argumentsLeft > 0) {
                if (!readArgument()) {
                    return Optional.empty();
                } else if (argumentsLeft == 0) {
                    return Optional.of(takeRequest());
                }
                continue;
            }
            boolean array = queue.at(0) == '*';
            int lineSize =
                    lineSize(array ? "too big mbulk count string" : "too big inline request");
            if (lineSize < 0) {
                return Optional.empty();
            } else if (array) {
                startArray(takeLine(lineSize));
            } else {
                List<Bytes> words = wordsOf(takeLine(lineSize));
                if (!words.isEmpty()) {
                    return Optional.of(words);
                }
            }
        }
        return Optional.empty();
    }

    private List<Bytes> takeRequest() {
        List<Bytes> request = arguments;
        String objection = tooLarge;
        arguments = new ArrayList<>();
        tooLarge = null;
        if (objection != null) {
            throw new RespTooLargeException(objection);
        }
        return request;
    }

    private void startArray(Bytes line) {
        long count = numberOf(line, "invalid multibulk length");
        if (count > limits.argumentsMax()) {
            throw error("invalid multibulk length");
        }
        argumentsLeft = (int) Math.max(0, count);
        requestSize = 0;
    }

    private static List<Bytes> wordsOf(Bytes line) {
        return InlineWords.split(line).orElseThrow(() -> error("unbalanced quotes in request"));
    }

    /** Returns whether an argument was read whole. */
    private boolean readArgument() {
        if (bulkSize == NO_BULK) {
            if (queue.size() == 0) {
                return false;
            }
            int lineSize = lineSize("too big bulk count string");
            if (lineSize < 0) {
                return false;
            }
            if (queue.at(0) != '$') {
                throw error("expected '$', got '" + printable(queue.at(0)) + "'");
            }
            long size = numberOf(takeLine(lineSize), "invalid bulk length");
            if (size < 0 || size > DROPPED_SIZE_MAX) {
                throw error("invalid bulk length");
            }
            requestSize += size;
            judgeSize(size);
            bulkSize = size;
        }
        if (!(tooLarge == null ? takeBulk() : dropBulk())) {
            return false;
        }
        bulkSize = NO_BULK;
        argumentsLeft--;
        return true;
    }

    private void judgeSize(long size) {
        if (tooLarge != null) {
            return;
        }
        if (size > limits.bulkSizeMax()) {
            tooLarge =
                    "a value of "
                            + size
                            + " bytes; at most "
                            + limits.bulkSizeMax()
                            + " are allowed";
        } else if (requestSize > limits.requestSizeMax()) {
            tooLarge =
                    "a command of more than the " + limits.requestSizeMax() + " bytes that one has";
        }
        if (tooLarge != null) {
            arguments = new ArrayList<>();
        }
    }

    private boolean takeBulk() {
        int size = (int) bulkSize;
        if (queue.size() < size + 2) {
            return false;
        }
        arguments.add(queue.copy(0, size));
        queue.skip(size + 2);
        return true;
    }

    /** As it comes: what is dropped is never gathered. The line end behind it counts as 2 of it. */
    private boolean dropBulk() {
        long left = bulkSize + 2;
        int come = (int) Math.min(queue.size(), left);
        queue.skip(come);
        bulkSize -= come;
        return come == left;
    }

    private int lineSize(String whenTooBig) {
        int size = queue.findLine();
        if (size > LINE_SIZE_MAX || (size < 0 && queue.size() > LINE_SIZE_MAX)) {
            throw error(whenTooBig);
        }
        return size;
    }

    /** The line without CR and LF. */
    private Bytes takeLine(int size) {
        Bytes line = queue.copy(0, size > 0 && queue.at(size - 1) == '\r' ? size - 1 : size);
        queue.skip(size + 1);
        return line;
    }

    private static long numberOf(Bytes line, String whenNone) {
        return Decimals.parse(line.slice(1, line.size() - 1)).orElseThrow(() -> error(whenNone));
    }

    private static char printable(byte b) {
        return b >= 0x20 && b < 0x7f ? (char) b : '?';
    }

    private static RespProtocolException error(String what) {
        return new RespProtocolException("ERR Protocol error: " + what);
    }
}
