package io.somekv.sim.world;

import io.somekv.protocol.command.Command;
import io.somekv.protocol.command.Outcome;
import io.somekv.protocol.command.ReadMode;
import java.util.function.Consumer;

/** Somebody who asks; may ask again before the answer is there. */
public interface Client {
    /** Each call is answered, once, in the end. */
    void execute(Command command, ReadMode mode, Consumer<Outcome> done);

    /** As above; a read is answered by a leader. */
    default void execute(Command command, Consumer<Outcome> done) {
        execute(command, ReadMode.LEADER, done);
    }
}
