package io.somekv.protocol.resp;

import io.somekv.base.Bytes;
import java.util.ArrayList;
import java.util.List;

/** Every value that travels from server to client in RESP2 or RESP3, before it is bytes. */
public sealed interface RespReply {
    RespReply OK = new Simple("OK");
    RespReply NULL = new Null();
    RespReply EMPTY = new Array(List.of());

    /** One line; holds neither CR nor LF. */
    record Simple(String text) implements RespReply {}

    /** First word in capitals is the code that clients act on: {@code ERR}, {@code NOAUTH} …. */
    record Failure(String text) implements RespReply {}

    record Int(long value) implements RespReply {}

    record Bulk(Bytes value) implements RespReply {}

    /** No such value. */
    record Null() implements RespReply {}

    /** No such list: RESP2 tells it apart from {@link Null}, RESP3 does not. */
    record NullArray() implements RespReply {}

    record Array(List<RespReply> elements) implements RespReply {
        public Array {
            elements = List.copyOf(elements);
        }
    }

    /** In RESP2 an array of its elements. */
    record Set(List<RespReply> elements) implements RespReply {
        public Set {
            elements = List.copyOf(elements);
        }
    }

    /** In RESP2 an array of key, value, key, value …. */
    record Map(List<Field> fields) implements RespReply {
        public Map {
            fields = List.copyOf(fields);
        }
    }

    /** In RESP2 a bulk. */
    record Decimal(double value) implements RespReply {}

    /** In RESP2 the integer 1 or 0. */
    record Bool(boolean value) implements RespReply {}

    /**
     * Text for people, in RESP2 a bulk.
     *
     * @param format three letters, {@code txt} or {@code mkd}
     */
    record Verbatim(String format, String text) implements RespReply {}

    record Field(RespReply key, RespReply value) {}

    static RespReply bulk(String text) {
        return new Bulk(Bytes.utf8(text));
    }

    static RespReply bulks(List<String> texts) {
        List<RespReply> elements = new ArrayList<>();
        for (String text : texts) {
            elements.add(bulk(text));
        }
        return new Array(elements);
    }

    static Field field(String key, RespReply value) {
        return new Field(bulk(key), value);
    }

    static RespReply error(String text) {
        return new Failure(text);
    }
}
