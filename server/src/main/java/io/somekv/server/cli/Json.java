package io.somekv.server.cli;

import java.util.Locale;

/** Writes JSON (RFC 8259), as much of it as the commands need. */
final class Json {
    private final StringBuilder text = new StringBuilder();

    /** Whether the next element or name follows another one. */
    private boolean follows;

    Json beginObject() {
        return open('{');
    }

    Json endObject() {
        return close('}');
    }

    Json beginArray() {
        return open('[');
    }

    Json endArray() {
        return close(']');
    }

    Json name(String name) {
        string(name);
        text.append(':');
        follows = false;
        return this;
    }

    Json number(long value) {
        return value(Long.toString(value));
    }

    Json bool(boolean value) {
        return value(Boolean.toString(value));
    }

    Json string(String value) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < 0x20) {
                quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return value(quoted.append('"').toString());
    }

    private Json value(String written) {
        comma();
        text.append(written);
        follows = true;
        return this;
    }

    private Json open(char bracket) {
        comma();
        text.append(bracket);
        follows = false;
        return this;
    }

    private Json close(char bracket) {
        text.append(bracket);
        follows = true;
        return this;
    }

    private void comma() {
        if (follows) {
            text.append(',');
        }
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
