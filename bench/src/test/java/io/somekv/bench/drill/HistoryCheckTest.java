package io.somekv.bench.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.somekv.base.Bytes;
import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.sim.check.History;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Histories as the drill records them, broken by hand: each is found out. */
final class HistoryCheckTest {
    private static final KeyPool.Key LOG = new KeyPool.Key(Bytes.utf8("log:0"), true);
    private static final KeyPool.Key CELL = new KeyPool.Key(Bytes.utf8("cell:1"), false);

    private final Recorder recorder = new Recorder(new Clock(), 2);

    private void append(KeyPool.Key key, String suffix, long size) {
        heard(key, new Command.Append(key.name(), Bytes.utf8(suffix)), new Outcome.Int(size));
    }

    private void read(KeyPool.Key key, String value) {
        heard(key, new Command.Get(key.name()), new Outcome.Value(Bytes.utf8(value)));
    }

    private void heard(KeyPool.Key key, Command command, Outcome outcome) {
        assertEquals(
                !(outcome instanceof Outcome.Unknown),
                recorder.returned(0, recorder.call(0, key.name(), command), outcome));
    }

    private void assertFound(KeyPool.Key key, String what) {
        Optional<String> found = HistoryCheck.check(key, recorder.of(key.name()));
        assertTrue(found.orElse("nothing").contains(what), found.toString());
    }

    private void assertGood(KeyPool.Key key) {
        assertEquals(Optional.empty(), HistoryCheck.check(key, recorder.of(key.name())));
    }

    @Test
    void whatOneCopyOfTheKeyMightHaveAnsweredIsGood() {
        append(LOG, "0.1;", 4);
        append(LOG, "0.2;", 8);
        read(LOG, "0.1;0.2;");
        heard(CELL, Command.Put.of(CELL.name(), Bytes.utf8("0.3;")), new Outcome.Ok());
        heard(CELL, new Command.Delete(List.of(CELL.name())), new Outcome.Int(1));
        heard(CELL, new Command.Get(CELL.name()), new Outcome.Nil());
        assertGood(LOG);
        assertGood(CELL);
    }

    @Test
    void anAppendThatWasAcknowledgedAndIsMissing() {
        append(LOG, "0.1;", 4);
        append(LOG, "0.2;", 8);
        read(LOG, "0.1;");
        assertFound(LOG, "acknowledged and lost");
    }

    @Test
    void anAppendThatWasExecutedTwice() {
        append(LOG, "0.1;", 4);
        read(LOG, "0.1;0.1;");
        assertFound(LOG, "executed twice");
    }

    @Test
    void aWriteThatWasAcknowledgedAndIsMissing() {
        heard(CELL, Command.Put.of(CELL.name(), Bytes.utf8("0.1;")), new Outcome.Ok());
        heard(CELL, new Command.Get(CELL.name()), new Outcome.Nil());
        assertFound(CELL, "not linearizable");
    }

    /** A node that was cut off answers from what it had. */
    @Test
    void aReadOfAnOldValue() {
        heard(CELL, Command.Put.of(CELL.name(), Bytes.utf8("0.1;")), new Outcome.Ok());
        heard(CELL, Command.Put.of(CELL.name(), Bytes.utf8("0.2;")), new Outcome.Ok());
        read(CELL, "0.1;");
        read(CELL, "0.2;");
        assertFound(CELL, "not linearizable");
    }

    @Test
    void anUnknownOutcomeMayHaveHappenedOrNot() {
        append(LOG, "0.1;", 4);
        Command lost = new Command.Append(LOG.name(), Bytes.utf8("0.2;"));
        heard(LOG, lost, new Outcome.Unknown("the connection broke"));
        read(LOG, "0.1;");
        assertGood(LOG);
        read(LOG, "0.1;0.2;");
        assertGood(LOG);
    }

    /** An answer that says that nothing was done takes the write out: then its effect is wrong. */
    @Test
    void aWriteThatWasSaidNotToHaveHappened() {
        Command refused = new Command.Append(LOG.name(), Bytes.utf8("0.1;"));
        History.Call call = recorder.call(0, LOG.name(), refused);
        assertTrue(recorder.returned(0, call, new Outcome.NotLeader(0)));
        read(LOG, "0.1;");
        assertFound(LOG, "nobody appended");
    }
}
