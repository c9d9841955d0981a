package io.somekv.server.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.resp.RespAction;
import io.somekv.protocol.resp.RespReply;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class KeysInUseTest {
    private final KeysInUse keys = new KeysInUse();

    private static RespAction.Ask ask(Command... commands) {
        List<RespAction.Part> parts = new ArrayList<>();
        for (Command command : commands) {
            parts.add(new RespAction.Part(0, command));
        }
        return new RespAction.Ask(parts, outcomes -> RespReply.OK);
    }

    private static RespAction.Ask get(String key) {
        return ask(new Command.Get(Bytes.utf8(key)));
    }

    private static RespAction.Ask put(String key) {
        return ask(Command.Put.of(Bytes.utf8(key), Bytes.EMPTY));
    }

    @Test
    void readsOfOneKeyGoSideBySide() {
        keys.begin(get("a"));
        assertEquals(false, keys.conflicts(get("a")));
    }

    @Test
    void aReadWaitsForAWriteOfItsKeyAndAWriteForAnything() {
        keys.begin(put("a"));
        assertEquals(true, keys.conflicts(get("a")));
        assertEquals(true, keys.conflicts(put("a")));
        assertEquals(false, keys.conflicts(put("b")));
        keys.end(put("a"));
        keys.begin(get("a"));
        assertEquals(true, keys.conflicts(put("a")));
    }

    @Test
    void theLastOfSeveralReadsLetsAWriteThrough() {
        keys.begin(get("a"));
        keys.begin(get("a"));
        keys.end(get("a"));
        assertEquals(true, keys.conflicts(put("a")));
        keys.end(get("a"));
        assertEquals(false, keys.conflicts(put("a")));
    }

    @Test
    void aKeyNamedTwiceIsGivenBackWhole() {
        RespAction.Ask many = ask(new Command.GetMany(List.of(Bytes.utf8("a"), Bytes.utf8("a"))));
        keys.begin(many);
        keys.end(many);
        assertEquals(false, keys.conflicts(put("a")));
    }

    @Test
    void whatSpeaksOfAWholeShardGoesAlone() {
        RespAction.Ask clear = ask(new Command.Clear(1), new Command.Clear(2));
        keys.begin(put("a"));
        assertEquals(true, keys.conflicts(clear));
        keys.end(put("a"));
        assertEquals(false, keys.conflicts(clear));
        keys.begin(clear);
        assertEquals(true, keys.conflicts(get("a")));
        keys.end(clear);
        assertEquals(false, keys.conflicts(get("a")));
    }
}
