package io.somekv.protocol.resp;

import io.somekv.base.ByteWriter;
import io.somekv.base.Bytes;
import io.somekv.base.Invariant;
import java.util.List;

/** The bytes of replies, in the protocol version that the connection asked for with HELLO. */
public final class RespWriter {
    private static final Bytes CRLF = Bytes.utf8("\r\n");

    private final ByteWriter out;
    private final boolean resp3;

    private RespWriter(ByteWriter out, int protocol) {
        this.out = out;
        this.resp3 = protocol >= 3;
    }

    /**
     * Appends a reply.
     *
     * @param protocol 2 or 3
     */
    public static void write(ByteWriter out, RespReply reply, int protocol) {
        new RespWriter(out, protocol).write(reply);
    }

    /** A client's request: an array of bulks. */
    public static void writeRequest(ByteWriter out, List<Bytes> arguments) {
        RespWriter writer = new RespWriter(out, 2);
        writer.line('*', arguments.size());
        for (Bytes argument : arguments) {
            writer.bulk(argument);
        }
    }

    private void write(RespReply reply) {
        if (reply instanceof RespReply.Bulk bulk) {
            bulk(bulk.value());
        } else if (reply instanceof RespReply.Simple simple) {
            line('+', oneLine(simple.text()));
        } else if (reply instanceof RespReply.Int number) {
            line(':', number.value());
        } else if (reply instanceof RespReply.Null) {
            line(resp3 ? '_' : '$', resp3 ? "" : "-1");
        } else if (reply instanceof RespReply.NullArray) {
            line(resp3 ? '_' : '*', resp3 ? "" : "-1");
        } else if (reply instanceof RespReply.Failure error) {
            line('-', oneLine(error.text()));
        } else if (reply instanceof RespReply.Array array) {
            elements('*', array.elements());
        } else if (reply instanceof RespReply.Set set) {
            elements(resp3 ? '~' : '*', set.elements());
        } else if (reply instanceof RespReply.Map map) {
            map(map.fields());
        } else if (reply instanceof RespReply.Bool bool) {
            bool(bool.value());
        } else if (reply instanceof RespReply.Decimal decimal) {
            decimal(decimal.value());
        } else if (reply instanceof RespReply.Verbatim verbatim) {
            verbatim(verbatim);
        } else {
            throw Invariant.unreachable("a reply without a form: " + reply);
        }
    }

    private void elements(char type, List<RespReply> elements) {
        line(type, elements.size());
        for (RespReply element : elements) {
            write(element);
        }
    }

    private void map(List<RespReply.Field> fields) {
        line(resp3 ? '%' : '*', resp3 ? fields.size() : 2L * fields.size());
        for (RespReply.Field field : fields) {
            write(field.key());
            write(field.value());
        }
    }

    private void bool(boolean value) {
        if (resp3) {
            line('#', value ? "t" : "f");
        } else {
            line(':', value ? 1 : 0);
        }
    }

    private void decimal(double value) {
        String text;
        if (Double.isInfinite(value)) {
            text = value > 0 ? "inf" : "-inf";
        } else if (Double.isNaN(value)) {
            text = "nan";
        } else if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            text = Long.toString((long) value);
        } else {
            text = Double.toString(value);
        }
        if (resp3) {
            line(',', text);
        } else {
            bulk(Bytes.utf8(text));
        }
    }

    private void verbatim(RespReply.Verbatim verbatim) {
        if (resp3) {
            Bytes text = Bytes.utf8(verbatim.format() + ":" + verbatim.text());
            line('=', text.size());
            out.raw(text).raw(CRLF);
        } else {
            bulk(Bytes.utf8(verbatim.text()));
        }
    }

    private void bulk(Bytes value) {
        line('$', value.size());
        out.raw(value).raw(CRLF);
    }

    private void line(char type, long number) {
        line(type, Long.toString(number));
    }

    private void line(char type, String text) {
        out.u8(type).raw(Bytes.utf8(text)).raw(CRLF);
    }

    /** What a user typed may come back in an error; a line break in it would end the reply. */
    private static String oneLine(String text) {
        return text.replace('\r', ' ').replace('\n', ' ');
    }
}
