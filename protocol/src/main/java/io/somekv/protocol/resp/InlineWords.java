package io.somekv.protocol.resp;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The words of an inline command, quoted as Redis reads them ({@code sdssplitargs}): double quotes
 * with {@code \n \r \t \b \a \xNN}, single quotes with {@code \'}.
 */
final class InlineWords {
    private final Bytes line;
    private int at;

    private InlineWords(Bytes line) {
        this.line = line;
    }

    /** Empty if a quote is not closed, or something follows a closing one at once. */
    static Optional<List<Bytes>> split(Bytes line) {
        InlineWords words = new InlineWords(line);
        List<Bytes> found = new ArrayList<>();
        while (words.skipSpace()) {
            ByteWriter word = new ByteWriter(16);
            if (!words.readWord(word)) {
                return Optional.empty();
            }
            found.add(word.toBytes());
        }
        return Optional.of(found);
    }

    private boolean skipSpace() {
        while (at < line.size() && isSpace(line.at(at))) {
            at++;
        }
        return at < line.size();
    }

    private boolean readWord(ByteWriter word) {
        while (at < line.size() && !isSpace(line.at(at))) {
            byte b = line.at(at++);
            if (b != '"' && b != '\'') {
                word.u8(b);
            } else if (!readQuoted(word, b) || (at < line.size() && !isSpace(line.at(at)))) {
                return false;
            }
        }
        return true;
    }

    private boolean readQuoted(ByteWriter word, byte quote) {
        while (at < line.size()) {
            byte b = line.at(at++);
            if (b == quote) {
                return true;
            } else if (b == '\\' && quote == '"' && at < line.size()) {
                word.u8(escaped());
            } else if (b == '\\' && at < line.size() && line.at(at) == '\'') {
                at++;
                word.u8('\'');
            } else {
                word.u8(b);
            }
        }
        return false;
    }

    private int escaped() {
        byte b = line.at(at++);
        if (b == 'x' && at + 1 < line.size()) {
            int high = Character.digit(line.at(at), 16);
            int low = Character.digit(line.at(at + 1), 16);
            if (high >= 0 && low >= 0) {
                at += 2;
                return high << 4 | low;
            }
        }
        return switch (b) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            default -> b;
        };
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || (b >= '\t' && b <= '\r') || b == 0;
    }
}
